import { createHash } from 'node:crypto'
import type { ImageFacts } from '../../media/media.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import { NEVER_ABORTED } from '../../model/never-aborted.ts'
import type { Image } from '../../store/images/images.ts'
import { imageChange } from '../audit/changes.ts'
import { writeAudited } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

const HASH_DIGITS = 32

export interface PutImage {
  /** The title whose definitions the image is for; undefined for a title that does not exist yet. */
  readonly titleId: string | undefined
  readonly bytes: Uint8Array
  /** The format that the caller declares; undefined to detect it. */
  readonly format: Image['format'] | undefined
}

export interface StoredImage extends ImageFacts {
  readonly hash: string
}

/**
 * Stores an image under the hash of its bytes (32 hexadecimal digits), once.
 * @throws LaurelError TITLE_NOT_FOUND; INVALID_FIELD for bytes that are no image, of another format than declared, damaged or too large.
 */
export async function putImage(
  services: Services,
  { titleId, bytes, format: declared }: PutImage,
  call: Call,
): Promise<StoredImage> {
  const facts = await services.media.inspect(bytes)
  const { format } = facts
  if (declared !== undefined && declared !== format) {
    const violations = [{ field: 'format', message: `must be ${format}, as the bytes are` }]
    const message = `the picture is said to be ${declared}, and is ${format}`
    throw new LaurelError('invalid_argument', 'INVALID_FIELD', message, { violations })
  }
  const hash = imageHashOf(bytes)
  return writeAudited(services, call, async (queries) => {
    if (titleId !== undefined) await titleOf(queries, titleId)
    const isNew = await queries.images.upsert({ hash, format, bytes }, services.now())
    return { result: { hash, ...facts }, change: isNew ? imageChange(titleId, hash) : undefined }
  })
}

/** Returns the hash under which an image is stored. */
export function imageHashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, HASH_DIGITS)
}

/** Deletes the images that were last uploaded before a time, and that no definition, revision or plan names. */
export async function purgeImages(
  { store, now }: Pick<Services, 'store' | 'now'>,
  time: Instant,
  signal: AbortSignal,
): Promise<void> {
  while (await store.single(signal, (queries) => queries.images.purgeUnused(time, now())))
    signal.throwIfAborted()
}

export interface GetImage {
  readonly hash: string
  /** The format to return it in. */
  readonly format: Image['format']
  /** The longest side in pixels; a smaller image keeps its size, and undefined keeps any size. */
  readonly size: number | undefined
}

/** Returns an image, encoded again so that only its pixels are served; undefined if no image has the hash. */
export async function getImage(
  services: Services,
  { hash, format, size }: GetImage,
  _: Call,
): Promise<Uint8Array | undefined> {
  // Not cancelled with its first caller, because others may await the same image.
  const load = () => services.store.read(NEVER_ABORTED, (queries) => queries.images.find(hash))
  return services.media.render({ hash, format, size }, async () => (await load())?.bytes)
}
