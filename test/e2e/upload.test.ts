import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const SAMPLES = new URL('../../src/cli/samples/', import.meta.url)
/** `lanternfall.DIALECT.json` */
const FILE = readdirSync(SAMPLES).find((name) => name.startsWith('lanternfall.')) as string
const [, DIALECT = ''] = FILE.split('.')
const OTHERS = adapters.map(({ id }) => id).filter((id) => id !== DIALECT)
const DOCUMENT = readFileSync(new URL(FILE, SAMPLES), 'utf8')
const IMPORT = 'laurel.v1.ExchangeService/ImportAchievements'
const MEBIBYTE = 2 ** 20

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  const env = { LAUREL_MAX_DOCUMENT_BYTES: String(8 * MEBIBYTE) }
  server = await startServer({ databaseUrl: database.url, env })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function upload(
  rpc: string,
  query: Readonly<Record<string, string>>,
  body: string,
  init: RequestInit = {},
) {
  const url = `${server.url}/upload/${rpc}?${new URLSearchParams(query)}`
  const response = await fetch(url, { method: 'POST', body, ...init })
  const text = await response.text()
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at any member.
  const lines: any[] = text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return { status: response.status, type: response.headers.get('content-type'), lines }
}

/** A valid document of about this size: its entries are the sample's, padded by spaces. */
const padded = (bytes: number) => DOCUMENT.replace(/\]\s*$/, `${' '.repeat(bytes - DOCUMENT.length)}]`)

test('a document is imported with the options of the query, and its outcomes are lines of JSON', async () => {
  const query = { dialect: DIALECT, title_id: 'lanternfall', strategy: 'IMPORT_STRATEGY_REPLACE' }
  const { status, type, lines } = await upload(IMPORT, query, DOCUMENT)
  expect([status, type]).toEqual([200, 'application/x-ndjson'])
  expect(lines.flatMap(({ outcomes = [] }) => outcomes).length).toBe(JSON.parse(DOCUMENT).length)
  expect(lines.at(-1).summary).toBeDefined()
})

test('a document larger than a message is read, up to the limit of documents', async () => {
  const query = { dialect: DIALECT, title_id: 'lanternfall', dry_run: 'true' }
  expect((await upload(IMPORT, query, padded(7 * MEBIBYTE))).lines.at(-1).summary).toBeDefined()
  const { status, lines } = await upload(IMPORT, query, padded(9 * MEBIBYTE))
  expect([status, lines[0].code]).toEqual([429, 'resource_exhausted'])
  expect(lines[0].details[0].debug.reason).toBe('DOCUMENT_TOO_LARGE')
})

test('a map is an object in the query', async () => {
  const query = { dialect: DIALECT, title_id: 'lanternfall', mapping: '{"7":"first","8":""}' }
  const { status, lines } = await upload(IMPORT, query, DOCUMENT)
  expect([status, lines[0].message]).toEqual([400, 'mapping["8"] must be set'])
  const repeated = await upload(IMPORT, { ...query, mapping: '{"7":"first","7":"second"}' }, DOCUMENT)
  expect(repeated.lines[0].message).toMatch(/^mapping\["7"\] the member stands twice/)
})

test('an unknown or wrong option is refused with its name', async () => {
  const query = {
    dialect: DIALECT,
    titel_id: 'x',
    ['__proto__']: 'x',
    dry_run: 'yes',
    mapping: 'a',
    strategy: 'ALL',
  }
  const { status, lines } = await upload(IMPORT, query, DOCUMENT)
  expect(status).toBe(400)
  expect(lines[0].message).toMatch(/titel_id is no field of ImportAchievementsRequest/)
  expect(lines[0].message).toMatch(/__proto__ is no field of ImportAchievementsRequest/)
  expect(lines[0].message).toMatch(/dry_run must be true or false/)
  expect(lines[0].message).toMatch(/mapping must be a JSON object/)
  expect(lines[0].message).toMatch(/strategy must be one of IMPORT_STRATEGY_UNSPECIFIED/)
  const content = await upload(IMPORT, { dialect: DIALECT, content: 'W10=' }, '[]')
  expect(content.lines[0].message).toMatch(/content must be the body/)
})

test('a malformed document is refused with line and column, a rejected loss with the losses', async () => {
  const broken = await upload(IMPORT, { dialect: DIALECT, title_id: 'lanternfall' }, '[{]')
  expect([broken.status, broken.lines[0].details[0].debug.reason]).toEqual([400, 'DOCUMENT_MALFORMED'])
  for (const to of OTHERS) {
    const query = { from: DIALECT, to, loss_policy: 'LOSS_POLICY_REJECT' }
    const { lines } = await upload('laurel.v1.ExchangeService/Translate', query, DOCUMENT)
    expect(lines).toMatchObject([{ code: 'failed_precondition' }])
  }
})

test.each(OTHERS)('a translation to %s returns the document in pieces', async (to) => {
  const query = { from: DIALECT, to }
  const { lines } = await upload('laurel.v1.ExchangeService/Translate', query, DOCUMENT)
  const content = Buffer.concat(lines.map(({ content = '' }) => Buffer.from(content, 'base64')))
  const document = JSON.parse(content.toString())
  const [entries] = [document, ...Object.values(document)].filter(Array.isArray)
  expect(entries).toHaveLength(JSON.parse(DOCUMENT).length)
})

test('other methods, compression and deadlines have their errors', async () => {
  const query = { dialect: DIALECT, title_id: 'lanternfall' }
  const put = await upload(IMPORT, query, DOCUMENT, { method: 'PUT' })
  expect([put.status, put.lines[0].message]).toEqual([405, 'the method must be POST'])
  const gzip = await upload(IMPORT, query, DOCUMENT, { headers: { 'content-encoding': 'gzip' } })
  expect(gzip.lines[0].message).toMatch(/must not be compressed/)
  const late = await upload(IMPORT, query, DOCUMENT, { headers: { 'connect-timeout-ms': '1' } })
  expect([late.status, late.lines[0].code]).toEqual([504, 'deadline_exceeded'])
})

test('an RPC that streams both ways names the path to call instead', async () => {
  const bidi = await fetch(`${server.url}/${IMPORT}`, { method: 'POST' })
  expect([bidi.status, await bidi.text()]).toEqual([501, expect.stringContaining(`/upload/${IMPORT}`)])
  for (const prefix of ['', '/upload']) {
    const stream = await fetch(`${server.url}${prefix}/laurel.v1.ProgressService/StreamProgress`, {
      method: 'POST',
    })
    expect([stream.status, await stream.text()]).toEqual([
      501,
      expect.stringContaining('BatchRecordProgress'),
    ])
  }
})
