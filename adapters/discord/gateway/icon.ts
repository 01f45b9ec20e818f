import type { GatewayRequest } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { type BodyReader, invalidForm } from './body-reader.ts'

type Format = 'png' | 'jpeg' | 'gif' | 'webp'

/** A picture as a body brings it. */
export interface IconData {
  readonly format: Format
  readonly bytes: Uint8Array
}

const FORMATS: Readonly<Record<string, Format>> = {
  png: 'png',
  jpg: 'jpeg',
  jpeg: 'jpeg',
  gif: 'gif',
  webp: 'webp',
}
const MOST_KILOBYTES = 2048
const LONGEST_HEAD = 64

/**
 * Reads `icon`: `data:image/png;base64,…`. Null takes the icon away, undefined says nothing of it.
 * Source: https://discord.com/developers/docs/reference#image-data
 */
export function readIcon(form: BodyReader): IconData | null | undefined {
  const value = form.raw('icon')
  if (value === undefined || value === null) return value
  const text = typeof value === 'string' ? value.trim() : ''
  const head = /^data:\s*image\/([a-z]+)\s*;\s*base64\s*,\s*/i.exec(text.slice(0, LONGEST_HEAD))
  const format = FORMATS[head?.[1]?.toLowerCase() ?? '']
  const data = text.slice(head?.[0].length ?? 0)
  if (format === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) {
    form.refuse(
      ['icon'],
      'IMAGE_INVALID',
      'Must be a data URI: data:image/{png, jpeg, gif or webp};base64,...',
    )
    return undefined
  }
  const bytes = Buffer.from(data, 'base64')
  if (bytes.length <= MOST_KILOBYTES * 1024) return { format, bytes }
  form.refuse(['icon'], 'BINARY_TYPE_MAX_SIZE', `File cannot be larger than ${MOST_KILOBYTES}.0 kb.`)
  return undefined
}

/** Stores an image and returns its hash. @throws Refusal for an image that is not of its declared type. */
export async function putIcon(
  request: GatewayRequest,
  titleId: string | undefined,
  { format, bytes }: IconData,
): Promise<string> {
  try {
    const { hash } = await request.operations.putImage({ titleId, bytes, format }, request.call)
    return hash
  } catch (error) {
    if (!(error instanceof LaurelError) || error.reason !== 'INVALID_FIELD') throw error
    throw invalidForm(request, [{ path: ['icon'], code: 'IMAGE_INVALID', message: error.message }])
  }
}
