import { createHash } from 'node:crypto'
import { LaurelError } from '../../model/errors.ts'
import type { Image } from '../../store/images/images.ts'
import type { Call, Services } from '../services.ts'

export interface PutImage {
  /**
   * Whose definitions it is for: the right to make them is the right to bring a picture. Undefined for a title that
   * is yet to be made.
   */
  readonly titleId: string | undefined
  readonly bytes: Uint8Array
  /** What it is said to be; undefined to go by its bytes alone. */
  readonly format: Image['format'] | undefined
}

/**
 * Keeps a picture once, under the hash of its bytes: 32 hexadecimal digits.
 * @throws LaurelError INVALID_FIELD for bytes that are no picture, not the one that they are said to be, a damaged
 *   one, or one that is too large.
 */
export async function putImage(
  services: Services,
  { bytes, format: said }: PutImage,
  call: Call,
): Promise<Pick<Image, 'hash' | 'format'>> {
  const format = await services.media.inspect(bytes)
  if (said !== undefined && said !== format) {
    const violations = [{ field: 'format', message: `must be ${format}, as the bytes are` }]
    const message = `the picture is said to be ${said}, and is ${format}`
    throw new LaurelError('invalid_argument', 'INVALID_FIELD', message, { violations })
  }
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, HASH_DIGITS)
  await services.store.write(call.signal, (queries) =>
    queries.images.upsert({ hash, format, bytes }, services.now()),
  )
  return { hash, format }
}

const HASH_DIGITS = 32
