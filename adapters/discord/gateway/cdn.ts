import { Refusal } from '../../../src/dialect/refusal.ts'
import type { Gateway, GatewayRequest, GatewayResponse } from '../../../src/http/gateway.ts'
import { writeFailure } from './failure.ts'
import { headersOf } from './rates.ts'
import { pathId } from './target.ts'

/** Serves stored icons as Discord's CDN does, without a credential: the address contains the hash of the icon. */
export const cdn: Gateway = {
  dialect: 'discord',
  mounts: ['/discord/cdn'],
  domains: ['discordapp.com'],
  routes: [
    {
      method: 'GET',
      path: '/app-assets/:application/achievements/:achievement/icons/:file',
      name: 'get achievement icon',
      open: true,
      handle: getIcon,
    },
  ],
  headers: headersOf,
  writeFailure,
}

const FORMATS = { png: 'png', jpg: 'jpeg', jpeg: 'jpeg', webp: 'webp' } as const
/** Powers of two. Source: https://discord.com/developers/docs/reference#image-formatting */
const SIZES = [16, 32, 64, 128, 256, 512, 1024, 2048, 4096]
/** The image at an address never changes. */
const FOREVER = 'public, max-age=31536000, immutable'

async function getIcon(request: GatewayRequest): Promise<GatewayResponse> {
  pathId(request, 'application')
  pathId(request, 'achievement')
  const { hash, extension } =
    /^(?<hash>[0-9a-f]{32})\.(?<extension>[a-z]+)$/.exec(request.params['file'] ?? '')?.groups ?? {}
  const format = Object.entries(FORMATS).find(([known]) => known === extension)?.[1]
  if (hash === undefined || format === undefined) throw notFound()
  const size = readSize(request.query.get('size'))
  const body = await request.operations.getImage({ hash, format, size }, request.call)
  if (body === undefined) throw notFound()
  const headers = {
    'content-type': `image/${format}`,
    'cache-control': FOREVER,
    'x-content-type-options': 'nosniff',
  }
  return { status: 200, headers, body }
}

function readSize(text: string | null): number | undefined {
  if (text === null) return undefined
  const size = SIZES.find((known) => String(known) === text)
  if (size !== undefined) return size
  throw new Refusal(400, { message: `size must be one of ${SIZES.join(', ')}`, code: 0 })
}

function notFound(): Refusal {
  return new Refusal(404, { message: '404: Not Found', code: 0 })
}
