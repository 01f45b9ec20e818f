import type { Image } from '../../store/images/images.ts'
import type { Call, Services } from '../services.ts'

export interface GetImage {
  readonly hash: string
  /** What it shall be served as. */
  readonly format: Image['format']
  /** The longest side in pixels; a smaller picture stays as it is. Undefined for its own. */
  readonly size: number | undefined
}

/** The picture that has this hash, made anew from its pixels alone; undefined where there is none. */
export async function getImage(
  services: Services,
  { hash, format, size }: GetImage,
  call: Call,
): Promise<Uint8Array | undefined> {
  const image = await services.store.read(call.signal, (queries) => queries.images.find(hash))
  return image && services.media.convert(image.bytes, format, size)
}
