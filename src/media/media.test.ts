import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { type ImageFormat, openMedia, sniffFormat } from './media.ts'

const media = openMedia()

/** Renders an image that is cached under no hash of another test. */
async function render(bytes: Uint8Array, format: ImageFormat, size: number | undefined): Promise<Uint8Array> {
  const rendered = await media.render({ hash: crypto.randomUUID(), format, size }, async () => bytes)
  return rendered as Uint8Array
}
const FORMATS = ['png', 'jpeg', 'gif', 'webp'] as const

async function picture(format: (typeof FORMATS)[number], width = 64, height = 32): Promise<Uint8Array> {
  const background = { r: 10, g: 200, b: 30, alpha: 1 }
  return sharp({ create: { width, height, channels: 4, background } })
    .toFormat(format)
    .toBuffer()
}

describe.each(FORMATS)('an image of the format %s', (format) => {
  test('is recognized by its bytes', async () => {
    expect(await media.inspect(await picture(format))).toEqual({ format, width: 64, height: 32 })
  })

  test('is converted to each format, and never enlarged', async () => {
    for (const target of FORMATS) {
      for (const [size, width, height] of [
        [undefined, 64, 32],
        [16, 16, 8],
        [4096, 64, 32],
      ] as const) {
        const converted = await render(await picture(format), target, size)
        expect(sniffFormat(converted)).toBe(target)
        expect(await sharp(converted).metadata()).toMatchObject({ format: target, width, height })
      }
    }
  })

  test('is rejected when its pixels are truncated', async () => {
    const noise = {
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
      },
    } as const
    const whole = await sharp(noise).toFormat(format).toBuffer()
    const cut = whole.subarray(0, Math.floor(whole.length / 2))
    await expect(media.inspect(cut)).rejects.toThrow('image must be a picture that')
  })
})

test.each([
  ['nothing', new Uint8Array()],
  ['text', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>')],
  ['a header alone', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['a header of another format', Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(100, 0xff)])],
])('rejects %s', async (_, bytes) => {
  await expect(media.inspect(bytes)).rejects.toMatchObject({ reason: 'INVALID_FIELD' })
})

test('rejects an image with a side above 4096 pixels by its header', async () => {
  await expect(media.inspect(await picture('png', 4097, 1))).rejects.toThrow('at most 4096 pixels')
  await expect(media.inspect(await picture('png', 6000, 6000))).rejects.toThrow('at most 4096 pixels')
  expect(await media.inspect(await picture('png', 4096, 1))).toMatchObject({ format: 'png' })
})

test('flattens transparency on white for JPEG, and drops metadata', async () => {
  const clear = {
    create: { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  } as const
  const bytes = await sharp(clear)
    .png()
    .withExif({ IFD0: { Copyright: 'studio at home' } })
    .toBuffer()
  const { data } = await sharp(await render(bytes, 'jpeg', undefined))
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect([...data.subarray(0, 3)]).toEqual([255, 255, 255])
  expect(Buffer.from(bytes).includes('studio')).toBe(true)
  expect(Buffer.from(await render(bytes, 'png', undefined)).includes('studio')).toBe(false)
})

test('serves 30 concurrent conversions, and frees the slots of failed ones', async () => {
  const bytes = await picture('png')
  const sizes = Array.from({ length: 30 }, (_, index) => 16 + index)
  const made = await Promise.all(sizes.map((size) => render(bytes, 'webp', size)))
  const widths = await Promise.all(made.map(async (each) => (await sharp(each).metadata()).width))
  expect(widths).toEqual(sizes)
  const refused = await Promise.allSettled(sizes.map(() => media.inspect(new Uint8Array([1]))))
  expect(refused.every(({ status }) => status === 'rejected')).toBe(true)
  expect(await media.inspect(bytes)).toMatchObject({ format: 'png' })
})

test('rejects calls beyond 4 in flight and 100 waiting, and serves the others', async () => {
  const bytes = await picture('png')
  const asked = await Promise.allSettled(Array.from({ length: 120 }, () => media.inspect(bytes)))
  const refused = asked.filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(16)
  expect(refused[0]).toMatchObject({ reason: { reason: 'TOO_MANY_REQUESTS', retryAfter: 1 } })
})

test('renders an image while as many uploads wait as may', async () => {
  const bytes = await picture('png')
  let checked = 0
  const uploads = Array.from({ length: 104 }, () => media.inspect(bytes).then(() => (checked += 1)))
  expect(await render(bytes, 'png', 7)).toBeDefined()
  expect(checked).toBeLessThan(50)
  await Promise.all(uploads)
})

test('an image is loaded and rendered once for each format and size, however many ask at once and later', async () => {
  const bytes = await picture('png')
  let loads = 0
  const load = async () => {
    loads += 1
    return bytes
  }
  const ask = (size: number | undefined) => media.render({ hash: 'once', format: 'webp', size }, load)
  const first = await Promise.all(Array.from({ length: 200 }, () => ask(16)))
  expect(new Set(first).size).toBe(1)
  expect(await ask(16)).toBe(first[0])
  expect(loads).toBe(1)
  await ask(32)
  expect(loads).toBe(2)
})

test('an image that does not exist is looked for again', async () => {
  const rendering = { hash: 'later', format: 'png', size: undefined } as const
  expect(await media.render(rendering, async () => undefined)).toBeUndefined()
  const bytes = await picture('png')
  expect(await media.render(rendering, async () => bytes)).toBeDefined()
})
