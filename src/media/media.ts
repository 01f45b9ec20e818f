import sharp, { type Sharp } from 'sharp'
import { LaurelError } from '../model/errors.ts'
import { type ImageFormat, sniffFormat } from './format.ts'

/** Work on pictures; the rest of Laurel sees bytes. */
export interface Media {
  /**
   * What kind of picture it is, by its bytes.
   * @throws LaurelError INVALID_FIELD for bytes that are no picture, a damaged one, or one that is too large.
   */
  inspect(bytes: Uint8Array): Promise<ImageFormat>
  /** The same picture in another form: its first frame, no wider and no higher than `size`, and nothing beside it. */
  convert(bytes: Uint8Array, format: ImageFormat, size: number | undefined): Promise<Uint8Array>
}

/** Of the longest side in pixels: what the CDNs of platforms serve at most. */
const LONGEST_SIDE = 4096
const AT_ONCE = 4
const MOST_WAITING = 100

export function openMedia(): Media {
  const run = inTurns(AT_ONCE, MOST_WAITING)
  return {
    inspect: (bytes) => run(() => inspect(bytes)),
    convert: (bytes, format, size) => run(() => convert(bytes, format, size)),
  }
}

async function inspect(bytes: Uint8Array): Promise<ImageFormat> {
  const format = sniffFormat(bytes)
  if (format === undefined) throw invalid('must be a PNG, JPEG, GIF or WebP picture')
  const metadata = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
  if (metadata === undefined || metadata.format !== format)
    throw invalid('must be a picture that can be read')
  if (Math.max(metadata.width, metadata.height) > LONGEST_SIDE) {
    throw invalid(`must be at most ${LONGEST_SIDE} pixels wide and high`)
  }
  // The head of a file promises what its pixels may not keep: so all of them are read.
  const all = decoder(bytes).resize(8, 8, { kernel: 'nearest', fastShrinkOnLoad: false })
  await all
    .raw()
    .toBuffer()
    .catch(() => {
      throw invalid('must be a picture that is whole')
    })
  return format
}

async function convert(
  bytes: Uint8Array,
  format: ImageFormat,
  size: number | undefined,
): Promise<Uint8Array> {
  const picture = decoder(bytes)
  const scaled =
    size === undefined ? picture : picture.resize(size, size, { fit: 'inside', withoutEnlargement: true })
  if (format === 'jpeg') scaled.flatten({ background: '#ffffff' })
  return scaled.toFormat(format).toBuffer()
}

function decoder(bytes: Uint8Array): Sharp {
  return sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: LONGEST_SIDE ** 2 })
}

function invalid(problem: string): LaurelError {
  const violations = [{ field: 'image', message: problem }]
  return new LaurelError('invalid_argument', 'INVALID_FIELD', `image ${problem}`, { violations })
}

/** So many at once, and so many more that wait: a picture of a few kilobytes may unpack to many megabytes. */
function inTurns(
  atOnce: number,
  mostWaiting: number,
): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (waiting.length >= mostWaiting) throw tooManyRequests()
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}

function tooManyRequests(): LaurelError {
  const message = 'too many pictures are being worked on: come back in a second'
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, { retryAfter: 1 })
}
