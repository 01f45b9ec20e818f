import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, freshSnowflake, freshToken } from '../testing/requests.ts'
import { type DiscordServer, startDiscordServer } from '../testing/server.ts'

let server: DiscordServer

beforeAll(async () => {
  server = await startDiscordServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const GREEN = { r: 10, g: 200, b: 30 }
const SOURCES = ['png', 'jpeg', 'gif', 'webp'] as const
const SERVED = { png: 'png', jpg: 'jpeg', jpeg: 'jpeg', webp: 'webp' } as const

function draw(format: (typeof SOURCES)[number], width = 256, height = 128): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: GREEN } })
    .toFormat(format)
    .toBuffer()
}

function dataUri(type: string, bytes: Buffer): string {
  return `data:image/${type};base64,${bytes.toString('base64')}`
}

function post(icon: unknown, { version = 10, application = freshSnowflake() } = {}) {
  const url = `${server.url}/api/v${version}/applications/${application}/achievements`
  const json = { name: 'First', description: 'Light', icon }
  return ask(url, { method: 'POST', token: freshToken('Bot'), json })
}

/** Fetches without a credential. */
async function fetchIcon(path: string) {
  const response = await fetch(`${server.url}/cdn/app-assets/${path}`)
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  }
}

describe.each(SOURCES)('a %s', (source) => {
  test('comes back from the CDN in each format and size', async () => {
    const created = (await post(dataUri(source, await draw(source)))).json()
    expect(created.icon_hash).toMatch(/^[0-9a-f]{32}$/)
    const path = `${created.application_id}/achievements/${created.id}/icons/${created.icon_hash}`
    for (const [extension, format] of Object.entries(SERVED)) {
      for (const [query, width, height] of [
        ['', 256, 128],
        ['?size=64', 64, 32],
        ['?size=4096', 256, 128],
      ] as const) {
        const { status, headers, bytes } = await fetchIcon(`${path}.${extension}${query}`)
        expect([status, headers.get('content-type')]).toEqual([200, `image/${format}`])
        expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        const picture = sharp(bytes)
        expect(await picture.metadata()).toMatchObject({ format, width, height })
        const [red = 0, green = 0, blue = 0] = await picture.removeAlpha().raw().toBuffer()
        // Formats that lose something come close.
        const distance = Math.max(
          Math.abs(red - GREEN.r),
          Math.abs(green - GREEN.g),
          Math.abs(blue - GREEN.b),
        )
        expect(distance).toBeLessThan(8)
      }
    }
  })
})

test('the same picture has one hash wherever it is used, and another picture another', async () => {
  const [small, large] = [await draw('png', 16, 16), await draw('png', 32, 32)]
  const hashOf = async (bytes: Buffer, version: number) =>
    (await post(dataUri('png', bytes), { version })).json().icon_hash
  const first = await hashOf(small, 6)
  expect(await hashOf(small, 10)).toBe(first)
  expect(await hashOf(large, 10)).not.toBe(first)
})

test('an icon is changed, taken away, and left alone; the old one is still served', async () => {
  const created = (await post(dataUri('jpg', await draw('jpeg')))).json()
  const { application_id: application, id, icon_hash: first } = created
  const one = `${server.url}/api/v9/applications/${application}/achievements/${id}`
  const patch = async (json: object) =>
    (await ask(one, { method: 'PATCH', token: freshToken('Bot'), json })).json().icon_hash
  expect(await patch({ secret: true })).toBe(first)
  const second = await patch({ icon: dataUri('webp', await draw('webp')) })
  expect(second).toMatch(/^[0-9a-f]{32}$/)
  expect(second).not.toBe(first)
  expect(await patch({ icon: null })).toBeNull()
  for (const hash of [first, second]) {
    expect((await fetchIcon(`${application}/achievements/${id}/icons/${hash}.png`)).status).toBe(200)
  }
})

test.each([
  ['a text', 'hello'],
  ['a number', 5],
  ['an object', { data: 'x' }],
  ['no base64', 'data:image/png;base64,base64_data_here'],
  ['no picture', dataUri('png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))],
  ['another type', 'data:application/octet-stream;base64,iVBORw0KGgo='],
  ['nothing after the comma', 'data:image/png;base64,'],
])('%s is no icon, and makes no application known', async (_, icon) => {
  const application = freshSnowflake()
  const refused = await post(icon, { application })
  expect(refused.status).toBe(400)
  expect(refused.json()).toMatchObject({
    code: 50035,
    errors: { icon: { _errors: [{ code: 'IMAGE_INVALID', message: expect.any(String) }] } },
  })
  const list = `${server.url}/api/v10/applications/${application}/achievements`
  expect((await ask(list, { token: freshToken('Bot') })).json()).toMatchObject({ code: 10002 })
  expect((await post(icon, { version: 6 })).json()).toEqual({ icon: [expect.any(String)] })
})

test('the type must be the one of the bytes, and its spelling may be loose', async () => {
  const bytes = await draw('png')
  const refused = await post(dataUri('gif', bytes))
  expect(refused.json().errors.icon._errors[0].message).toBe('the picture is said to be gif, and is png')
  const loose = await post(` data: IMAGE/png ; base64, ${bytes.toString('base64')} `)
  expect(loose.json().icon_hash).toMatch(/^[0-9a-f]{32}$/)
})

test('a file of more than 2048 kb is refused by its size, and a body of much more by its own', async () => {
  const whole = await draw('png')
  const padded = (kilobytes: number) =>
    dataUri('png', Buffer.concat([whole, Buffer.alloc(kilobytes * 1024 - whole.length)]))
  const refused = await post(padded(2049))
  expect(refused.json().errors.icon._errors).toEqual([
    { code: 'BINARY_TYPE_MAX_SIZE', message: 'File cannot be larger than 2048.0 kb.' },
  ])
  expect((await post(padded(2048))).status).toBe(200)
  const large = await post(padded(5000))
  expect([large.status, large.json()]).toEqual([413, { message: 'Request entity too large', code: 40005 }])
})

test('a missing image of the CDN is not found', async () => {
  const created = (await post(dataUri('png', await draw('png')))).json()
  const folder = `${created.application_id}/achievements/${created.id}/icons`
  const hash = created.icon_hash
  const statuses = [
    [`${folder}/${'0'.repeat(32)}.png`, 404],
    [`${folder}/${hash.toUpperCase().replace(/^\d+$/, 'A')}.PNG`, 404],
    [`${folder}/${hash}.gif`, 404],
    [`${folder}/${hash}.svg`, 404],
    [`${folder}/${hash}`, 404],
    [`${folder}/${hash}.png?size=17`, 400],
    [`${folder}/${hash}.png?size=8`, 400],
    [`${folder}/${hash}.png?size=8192`, 400],
    [`${folder}/${hash}.png?size=064`, 400],
    [`${folder}/__proto__.png`, 404],
    [`${folder}/${hash}.constructor`, 404],
    [`x/achievements/${created.id}/icons/${hash}.png`, 400],
    [`${folder}/${hash}.png`, 200],
  ] as const
  for (const [path, status] of statuses)
    expect([path, (await fetchIcon(path)).status]).toEqual([path, status])
  const hidden = await fetchIcon(`${folder}/${'0'.repeat(32)}.png`)
  expect(JSON.parse(hidden.bytes.toString())).toEqual({ message: '404: Not Found', code: 0 })
  expect(hidden.headers.has('cache-control')).toBe(false)
})
