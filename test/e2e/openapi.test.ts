import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { bodyOf, postJson } from '../support/post-json.ts'
import { RPCS } from '../support/rpc-requests.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const documentOf = async () => bodyOf(await fetch(`${server.url}/openapi.json`))

test('/openapi.json is a valid document of OpenAPI 3.1', async () => {
  const validator = new Validator()
  expect(await validator.validate(await documentOf())).toEqual({ valid: true })
  expect(validator.version).toBe('3.1')
})

test.each([
  ['gzip, deflate, br', 'br'],
  ['gzip', 'gzip'],
  ['br;q=0, gzip;q=0', undefined],
  ['identity', undefined],
])('/openapi.json is compressed for a caller that accepts %s', async (accepted, encoding) => {
  const { headers, body } = await request(`${server.url}/openapi.json`, {
    headers: { 'accept-encoding': accepted },
  })
  const bytes = Buffer.from(await body.arrayBuffer())
  expect([headers['content-encoding'], headers['vary']]).toEqual([encoding, 'accept-encoding'])
  const decode = { br: brotliDecompressSync, gzip: gunzipSync }[encoding ?? ''] ?? ((same: Buffer) => same)
  expect(JSON.parse(decode(bytes).toString()).openapi).toBe('3.1.1')
  if (encoding !== undefined) expect(bytes.length).toBeLessThan(100_000)
})

test('/openapi.json has every RPC that HTTP serves, each with its comment', async () => {
  const { paths, components } = await documentOf()
  const expected = [...RPCS.values()]
    .map(({ definition: { path, requestStream } }) => (requestStream ? `/upload${path}` : path))
    .filter((path) => !path.endsWith('/StreamProgress'))
  expect(Object.keys(paths).sort()).toEqual(expected.sort())
  const operations = Object.values(paths).flatMap((item) => Object.values(item as object))
  expect(operations.filter(({ description }) => description.length < 10)).toEqual([])
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  expect(paths['/laurel.v1.TitleService/GetTitle'].get).toBeDefined()
  expect(paths['/laurel.v1.TitleService/CreateTitle'].get).toBeUndefined()
  const { achievementId } = components.schemas['laurel.v1.Achievement'].properties
  expect(achievementId.description).toMatch(/\w{4}/)
})

test('the schemas describe what the server sends', async () => {
  const document = await documentOf()
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'laurel')
  const problems = (name: string, value: unknown) => {
    const validate = ajv.getSchema(`laurel#/components/schemas/${name}`)
    return validate?.(value) === true ? [] : validate?.errors
  }
  const title = { titleId: 'space-race', displayName: 'Space Race', defaultLocale: 'en' }
  const created = await postJson(`${server.url}/laurel.v1.TitleService/CreateTitle`, { title })
  expect(problems('laurel.v1.CreateTitleResponse', created.body)).toEqual([])
  const dialects = await postJson(`${server.url}/laurel.v1.ExchangeService/ListDialects`, {})
  expect(problems('laurel.v1.ListDialectsResponse', dialects.body)).toEqual([])
  const failed = await postJson(`${server.url}/laurel.v1.TitleService/CreateTitle`, {
    title: { titleId: '' },
  })
  expect(problems('Error', failed.body)).toEqual([])
  expect(problems('laurel.v1.CreateTitleResponse', { title: { titleId: 5 } })).not.toEqual([])
})

test('/docs shows the document with files of this server alone', async () => {
  const page = await fetch(`${server.url}/docs`)
  expect(page.headers.get('content-type')).toMatch(/^text\/html/)
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; /)
  expect(page.headers.get('content-security-policy')).not.toMatch(/https?:|unsafe-eval/)
  const html = await page.text()
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, file]) => new URL(file as string, page.url),
  )
  expect(files.length).toBeGreaterThan(3)
  for (const file of files) {
    expect(file.origin).toBe(server.url)
    const response = await fetch(file)
    expect([file.pathname, response.status]).toEqual([file.pathname, 200])
    await response.arrayBuffer()
  }
  // Its policy forbids scripts in the page.
  expect(html).not.toMatch(/<script(?![^>]*src=)/)
  expect(await bodyOf(await fetch(`${server.url}/docs/json`))).toEqual(await documentOf())
})
