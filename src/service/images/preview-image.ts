import { createHash } from 'node:crypto'
import { LaurelError } from '../../model/errors.ts'
import type { Call } from '../call.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

export interface PreviewImage {
  readonly titleId: string
  readonly url: string
}

/** The longest side in pixels: an icon on a dense screen. */
const SIZE = 256

/** Returns a picture of another server as WebP. It is encoded again, so that nothing but a picture is passed on. */
export async function previewImage(
  { store, pictures, media }: Services,
  { titleId, url }: PreviewImage,
  { signal }: Call,
): Promise<Uint8Array> {
  await store.read(signal, (queries) => titleOf(queries, titleId))
  const bytes = await pictures.read(url, signal)
  const { host } = new URL(url)
  const unreadable = (problem: string) =>
    new LaurelError('failed_precondition', 'PICTURE_UNREADABLE', problem, { metadata: { host } })
  await media.inspect(bytes).catch((error: unknown) => {
    throw error instanceof LaurelError && error.code === 'invalid_argument'
      ? unreadable(`the response of ${host} is no picture that can be shown: ${error.message}`)
      : error
  })
  const hash = createHash('sha256').update(bytes).digest('hex')
  const rendered = await media.render({ hash, format: 'webp', size: SIZE }, async () => bytes)
  return rendered ?? bytes
}
