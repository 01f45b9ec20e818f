import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { postJson } from '../support/post-json.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const UPLOAD = '/laurel.v1.ImageService/UploadImage'
const TITLE = 'illustrated'

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  const title = { titleId: TITLE, displayName: 'T', defaultLocale: 'en' }
  expect((await post('/laurel.v1.TitleService/CreateTitle', { title })).status).toBe(200)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const post = (path: string, message: object) => postJson(server.url + path, message)

function picture(width: number, height: number, format: 'png' | 'gif' = 'png'): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: '#0a0' } })
    .toFormat(format)
    .toBuffer()
}

function* endless() {
  for (;;) yield Buffer.alloc(2 ** 20)
}

function noise(side: number): Promise<Buffer> {
  const raw = { width: side, height: side, channels: 3 } as const
  return sharp(randomBytes(side * side * 3), { raw })
    .png()
    .toBuffer()
}

/** Returns a black picture of one bit a pixel: a decoder needs thousands of times its bytes. */
function hugePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, check])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const rows = Buffer.alloc(height * (1 + Math.ceil(width / 8)))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function upload(bytes: Buffer, titleId = TITLE) {
  return post(UPLOAD, { titleId, image: bytes.toString('base64') })
}

describe('an uploaded picture', () => {
  test('is served at its path in each format and size, to callers without a credential', async () => {
    const { body } = await upload(await picture(64, 32))
    const { image } = body as { image: { imageId: string; path: string } }
    expect(image).toEqual({ imageId: image.imageId, format: 'png', width: 64, height: 32, path: image.path })
    for (const [file, format, width] of [
      [image.path, 'png', 64],
      [`/images/${image.imageId}.webp?size=16`, 'webp', 16],
      [`/images/${image.imageId}.jpg?size=4096`, 'jpeg', 64],
    ] as const) {
      const response = await fetch(server.url + file)
      expect([response.status, response.headers.get('content-type')]).toEqual([200, `image/${format}`])
      expect(response.headers.get('cache-control')).toContain('immutable')
      const bytes = Buffer.from(await response.arrayBuffer())
      expect(await sharp(bytes).metadata()).toMatchObject({ format, width })
    }
  })

  test('is rendered in the next power of two of any size', async () => {
    const { body } = await upload(await picture(200, 100))
    const { image } = body as { image: { path: string } }
    for (const [size, width] of [
      [1, 16],
      [17, 32],
      [100, 128],
      [129, 200],
      [4000, 200],
    ] as const) {
      const response = await fetch(`${server.url}${image.path}?size=${size}`)
      expect(await sharp(Buffer.from(await response.arrayBuffer())).metadata()).toMatchObject({ width })
    }
  })

  test('is served in a format in which it is larger than a message may be', async () => {
    const raw = { width: 1200, height: 1200, channels: 3 } as const
    const noise = await sharp(randomBytes(1200 * 1200 * 3), { raw })
      .jpeg()
      .toBuffer()
    const { body } = await upload(noise)
    const { image } = body as { image: { imageId: string } }
    const response = await fetch(`${server.url}/images/${image.imageId}.png`)
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(4 * 2 ** 20)
  })

  test('is stored once, and makes a definition without a platform', async () => {
    const bytes = await picture(20, 20, 'gif')
    const [first, second] = [(await upload(bytes)).body, (await upload(bytes)).body]
    expect(second).toEqual(first)
    const { imageId: name, path } = (first as { image: { imageId: string; path: string } }).image
    const media = [{ role: 'MEDIA_ROLE_ICON', name, url: server.url + path }]
    const achievement = { titleId: TITLE, achievementId: 'a', name: { locale: 'en', text: 'A' }, media }
    const created = await post('/laurel.v1.AchievementService/CreateAchievement', { achievement })
    expect(created.body).toMatchObject({ achievement: { media } })
  })
})

test.each([
  ['bytes that are not a picture', () => Buffer.from('<svg/>'), 'must be a PNG, JPEG, GIF or WebP picture'],
  [
    'a picture that is cut off',
    async () => (await picture(64, 64)).subarray(0, 60),
    'must be a picture that',
  ],
  ['a picture that is too wide', () => picture(4097, 1), 'must be at most 4096 pixels wide and high'],
  ['no bytes', () => Buffer.alloc(0), 'must be the bytes of a PNG, JPEG, GIF or WebP picture'],
])('refuses %s, with the field and the reason', async (_, bytesOf, message) => {
  const { status, body } = await upload(await bytesOf())
  expect(status).toBe(400)
  expect(JSON.stringify(body)).toContain(message)
  expect(JSON.stringify(body)).toContain('"image"')
})

test('refuses a picture for a title that does not exist', async () => {
  const { status, body } = await upload(await picture(1, 1), 'none')
  expect([status, JSON.stringify(body)]).toEqual([404, expect.stringContaining('TITLE_NOT_FOUND')])
})

test.each(['none.png', `${'0'.repeat(32)}.png`, `${'0'.repeat(32)}.svg`, '..%2f..%2fetc%2fpasswd'])(
  'has no image %s',
  async (file) => {
    const response = await fetch(`${server.url}/images/${file}`)
    expect(response.status).toBe(404)
    expect(await response.json()).toHaveProperty('error')
  },
)

test.each(['0', '4097', 'x', '-1'])('refuses the size %s', async (size) => {
  const response = await fetch(`${server.url}/images/${'0'.repeat(32)}.png?size=${size}`)
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('1 to 4096')])
})

describe('a picture on another server', () => {
  let bytes: Buffer
  const pictures = new Map<string, Buffer>()
  let elsewhere: Server
  let origin: string
  beforeAll(async () => {
    bytes = await picture(600, 300)
    elsewhere = createServer(({ url }, response) => {
      const picture = pictures.get(url ?? '')
      if (url === '/icon.png') response.end(bytes)
      else if (picture !== undefined) response.end(picture)
      else if (url === '/endless') Readable.from(endless()).pipe(response)
      else if (url === '/page') response.end('<html></html>')
      else if (url === '/large') response.end(Buffer.alloc(5 * 2 ** 20))
      else response.writeHead(url === '/moved' ? 302 : 404, { location: '/icon.png' }).end()
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
  })
  afterAll(() => void elsewhere.close())

  const preview = (url: string, titleId = TITLE) =>
    post('/laurel.v1.ImageService/PreviewImage', { titleId, url })

  test('is returned small and encoded again', async () => {
    const { status, body } = await preview(`${origin}/icon.png`)
    expect(status).toBe(200)
    const image = Buffer.from(body.image, 'base64')
    expect(await sharp(image).metadata()).toMatchObject({ format: 'webp', width: 256, height: 128 })
  })

  test.each(['/page', '/large', '/moved', '/missing'])('is refused with the reason at %s', async (path) => {
    const { status, body } = await preview(origin + path)
    expect(status).toBe(400)
    expect(body.code).toBe('failed_precondition')
    expect(JSON.stringify(body)).toContain('PICTURE_UNREADABLE')
    expect(body.message).toContain('127.0.0.1')
  })

  test.each([
    'http://10.0.0.1/icon.png',
    'http://cdn.example.com/icon.png',
    'file:///etc/passwd',
    'icon.png',
  ])('is not read at %s', async (url) => {
    const { body } = await preview(url)
    expect(body.code).toBe('invalid_argument')
    expect(JSON.stringify(body)).toContain('"field":"url"')
  })

  test.each<[string, Buffer | Promise<Buffer>]>([
    ['a document of SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
    ['a picture of 20,000 pixels in a few kilobytes', hugePng(20_000, 20_000)],
    ['a picture that is long and thin', hugePng(20_000, 1)],
    ['a picture that is cut off', noise(64).then((whole) => whole.subarray(0, whole.length / 2))],
    ['the header of a picture before a page', Buffer.from('GIF89a<script>1</script>')],
    ['an empty response', Buffer.alloc(0)],
  ])('is refused if it is %s', async (name, picture) => {
    const path = `/${encodeURIComponent(name)}`
    pictures.set(path, await picture)
    const { body } = await preview(origin + path)
    expect(body.code).toBe('failed_precondition')
    expect(body.message).toContain('is no picture that can be shown')
  })

  test('is refused if it does not end', async () => {
    const { body } = await preview(`${origin}/endless`)
    expect(JSON.stringify(body)).toContain('PICTURE_UNREADABLE')
  })

  test('of one pixel, of the largest size, or animated, is returned as one small picture', async () => {
    pictures.set('/one', await picture(1, 1))
    pictures.set('/largest', hugePng(4_096, 4_096))
    const raw = { width: 40, height: 40 * 100, channels: 3, pageHeight: 40 } as const
    const animated = sharp(randomBytes(raw.width * raw.height * raw.channels), { raw })
    pictures.set('/animated', await animated.gif().toBuffer())
    expect((await sharp(pictures.get('/animated')).metadata()).pages).toBeGreaterThan(1)
    for (const [path, width] of [
      ['/one', 1],
      ['/largest', 256],
      ['/animated', 40],
    ] as const) {
      const { body } = await preview(origin + path)
      const metadata = await sharp(Buffer.from(body.image, 'base64')).metadata()
      expect(metadata).toMatchObject({ format: 'webp', width, height: width })
      expect(metadata.pages ?? 1).toBe(1)
    }
  })

  test('is read for a title that exists', async () => {
    expect((await preview(`${origin}/icon.png`, 'other')).body.code).toBe('not_found')
  })
})
