import { Refusal } from '../dialect/refusal.ts'
import { invalidArgument } from '../model/errors.ts'
import { problemOf } from './failures.ts'
import type { Gateway, GatewayRequest, GatewayResponse } from './gateway.ts'

const FORMATS = { png: 'png', jpg: 'jpeg', jpeg: 'jpeg', gif: 'gif', webp: 'webp' } as const
/** The sizes that images are rendered in: any other is rendered in the next one, so that callers cannot fill the cache with variants. */
const SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
const MAX_SIZE = 4096
const NOT_FOUND = { error: 'there is no such image: UploadImage returns the path of an image' }
/** The path contains the hash of the bytes. */
const FOREVER = 'public, max-age=31536000, immutable'

/**
 * Serves stored images: `/images/{image_id}.{png,jpg,gif,webp}?size=128`, `size` being the maximum side in pixels, rounded up to a power
 * of two. Public, because the id is a hash of the image: a caller learns it from a definition.
 */
export const images: Gateway = {
  dialect: 'images',
  mounts: ['/images'],
  domains: [],
  routes: [{ method: 'GET', path: '/:file', name: 'get image', open: true, handle: getImage }],
  writeFailure: ({ status, error }) => ({
    status,
    body: status === 404 && error === undefined ? NOT_FOUND : problemOf(error),
  }),
}

async function getImage({ params, query, operations, call }: GatewayRequest): Promise<GatewayResponse> {
  const { hash, extension = '' } =
    /^(?<hash>[0-9a-f]{32})\.(?<extension>[a-z]+)$/.exec(params['file'] ?? '')?.groups ?? {}
  const format = Object.entries(FORMATS).find(([known]) => known === extension)?.[1]
  const size = readSize(query.get('size'))
  const body = hash && format && (await operations.getImage({ hash, format, size }, call))
  if (!body) throw new Refusal(404, NOT_FOUND)
  const headers = {
    'content-type': `image/${format}`,
    'cache-control': FOREVER,
    'x-content-type-options': 'nosniff',
  }
  return { status: 200, headers, body }
}

function readSize(text: string | null): number | undefined {
  if (text === null) return undefined
  const size = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (size >= 1 && size <= MAX_SIZE) return SIZES.find((rendered) => rendered >= size)
  throw invalidArgument([{ field: 'size', message: `must be a number of pixels from 1 to ${MAX_SIZE}` }])
}
