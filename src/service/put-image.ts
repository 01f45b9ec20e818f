import { createHash } from 'node:crypto'
import type { Image } from '../store/images.ts'
import type { Call, Services } from './services.ts'

export interface PutImage {
  /** Whose definitions it is for: the right to make them is the right to bring a picture. */
  readonly titleId: string
  readonly bytes: Uint8Array
}

/**
 * Keeps a picture once, under the hash of its bytes: 32 hexadecimal digits.
 * @throws LaurelError INVALID_FIELD for bytes that are no picture, a damaged one, or one that is too large.
 */
export async function putImage(
  services: Services,
  { bytes }: PutImage,
  call: Call,
): Promise<Pick<Image, 'hash' | 'format'>> {
  const format = await services.media.inspect(bytes)
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_DIGITS)
  await services.store.write(call.signal, (queries) =>
    queries.putImage({ hash, format, bytes }, services.now()),
  )
  return { hash, format }
}

const HASH_DIGITS = 32
