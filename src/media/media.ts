import { LRUCache } from 'lru-cache'
import sharp, { type Sharp } from 'sharp'
import { compositeKey } from '../model/composite-key.ts'
import { LaurelError } from '../model/errors.ts'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { Semaphore } from '../model/semaphore.ts'

export type ImageFormat = 'png' | 'jpeg' | 'gif' | 'webp'

/** Checks and converts images; the rest of Laurel sees bytes. */
export interface Media {
  /**
   * Returns the format and the size of an image, by its bytes.
   * @throws LaurelError INVALID_FIELD for bytes that are no image, damaged or too large.
   */
  inspect(bytes: Uint8Array): Promise<ImageFacts>
  /**
   * Returns an image in another format: its first frame, neither side above `size` pixels, without metadata. `load` reads the
   * image; renderings are cached. Undefined if `load` finds no image.
   * @throws LaurelError RESOURCE_EXHAUSTED if too many images wait.
   */
  render(rendering: Rendering, load: () => Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined>
}

export interface ImageFacts {
  readonly format: ImageFormat
  /** In pixels, as it is shown. */
  readonly width: number
  readonly height: number
}

export interface Rendering {
  /** Of the image's bytes. */
  readonly hash: string
  readonly format: ImageFormat
  readonly size: number | undefined
}

/** The longest side in pixels that platforms' CDNs serve. */
const MAX_SIDE = 4096
/** An image of a few kilobytes may unpack to many megabytes, so few are decoded at the same time. */
const MAX_IMAGES_IN_FLIGHT = 4
const MAX_IMAGES_WAITING = 200
/** Rendering takes up to a second of CPU, and every player's client asks for the same icons. */
const MAX_CACHED_BYTES = 64 * 2 ** 20

/** sharp's default takes eight times as long for noise, which callers may upload, and saves no bytes. */
const FAST_GIF = { effort: 1 }

export function openMedia(): Media {
  const semaphore = new Semaphore(MAX_IMAGES_IN_FLIGHT, MAX_IMAGES_WAITING)
  const rendered = new LRUCache<string, Uint8Array>({
    maxSize: MAX_CACHED_BYTES,
    sizeCalculation: ({ byteLength }) => byteLength,
  })
  const inFlight = new Map<string, Promise<Uint8Array | undefined>>()

  async function render({ hash, format, size }: Rendering, load: () => Promise<Uint8Array | undefined>) {
    const key = compositeKey(hash, format, size ?? '')
    const known = rendered.get(key) ?? inFlight.get(key)
    if (known !== undefined) return known
    const rendering = semaphore
      .run(NEVER_ABORTED, async () => {
        const bytes = await load()
        return bytes && convert(bytes, format, size)
      })
      .finally(() => inFlight.delete(key))
    inFlight.set(key, rendering)
    const bytes = await rendering
    if (bytes !== undefined) rendered.set(key, bytes)
    return bytes
  }

  // Uploads take turns with renderings, so that a caller who uploads many leaves room for players who look at them.
  return { inspect: (bytes) => semaphore.run(NEVER_ABORTED, () => inspect(bytes), 'inspect'), render }
}

/** Returns the format that the first bytes of a file announce. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  const text = Buffer.from(bytes.subarray(0, 12)).toString('latin1')
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif'
  return text.startsWith('RIFF') && text.endsWith('WEBP') ? 'webp' : undefined
}

async function inspect(bytes: Uint8Array): Promise<ImageFacts> {
  const format = sniffFormat(bytes)
  if (format === undefined) throw invalid('must be a PNG, JPEG, GIF or WebP picture')
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
  if (metadata === undefined || metadata.format !== format)
    throw invalid('must be a picture that can be read')
  const { width, height } = metadata.autoOrient
  if (Math.max(width, height) > MAX_SIDE) {
    throw invalid(`must be at most ${MAX_SIDE} pixels wide and high`)
  }
  // A valid header may precede truncated pixels, so all pixels are decoded.
  await decoder(bytes)
    .resize(8, 8, { kernel: 'nearest', fastShrinkOnLoad: false })
    .raw()
    .toBuffer()
    .catch(() => {
      throw invalid('must be a picture that is whole')
    })
  return { format, width, height }
}

async function convert(
  bytes: Uint8Array,
  format: ImageFormat,
  size: number | undefined,
): Promise<Uint8Array> {
  const image = decoder(bytes)
  if (size !== undefined) image.resize(size, size, { fit: 'inside', withoutEnlargement: true })
  if (format === 'jpeg') image.flatten({ background: '#ffffff' })
  return image.toFormat(format, format === 'gif' ? FAST_GIF : {}).toBuffer()
}

function decoder(bytes: Uint8Array): Sharp {
  return sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: MAX_SIDE ** 2 })
}

function invalid(problem: string): LaurelError {
  const violations = [{ field: 'image', message: problem }]
  return new LaurelError('invalid_argument', 'INVALID_FIELD', `image ${problem}`, { violations })
}
