import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ExchangeServiceClient } from '../../src/gen/laurel/v1/exchange_service.ts'
import { createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { runLaurelHere } from '../support/laurel.ts'
import { type RunningServer, startServer, startServerProcess } from '../support/server.ts'

/* All records by the command line, from one server to another. */

let folder: string
const databases: TestDatabase[] = []
const servers: RunningServer[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-records-'))
  for (let index = 0; index < 2; index += 1) {
    const database = await createTestDatabase()
    databases.push(database)
    servers.push(await startServer({ databaseUrl: database.url }))
  }
  for (const args of [
    ['titles', 'create', 'lanternfall'],
    ['titles', 'create', 'other'],
    ['achievements', 'create', 'lanternfall', 'first', '--name-text', 'First'],
    ['players', 'create', 'ann', '--display-name', 'Ann'],
    ['progress', 'unlock', 'lanternfall', 'ann', 'first'],
  ])
    await succeed(0, ...args)
})
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
  for (const database of databases) await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const laurel = (server: number, ...args: readonly string[]) =>
  runLaurelHere(args, { LAUREL_GRPC_ADDRESS: servers[server]?.address ?? '' })

async function succeed(server: number, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await laurel(server, ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const withoutFirst = (text: string) => text.slice(text.indexOf('\n'))

test('an export into a compressed file comes back equal in another server, and again changes nothing', async () => {
  const [out, back] = [join(folder, 'all.zst'), join(folder, 'back.jsonl')]
  expect(await succeed(0, 'records', 'export', '--out', out)).toBe(`${out} is the whole export\n`)
  const text = zstdDecompressSync(await readFile(out)).toString()
  const imported = `imported ${text.trimEnd().split('\n').length} lines\n`
  expect(await succeed(1, 'records', 'import', out)).toBe(imported)
  expect(await succeed(1, 'records', 'import', out)).toBe(imported)
  await succeed(1, 'records', 'export', '--out', back)
  expect(withoutFirst(await readFile(back, 'utf8'))).toBe(withoutFirst(text))
  expect((await readdir(folder)).sort()).toEqual(['all.zst', 'back.jsonl'])
})

test('an export of a title goes to standard output, and has no other', async () => {
  const text = await succeed(0, 'records', 'export', 'lanternfall', '--out', '-')
  expect(text).toContain('"kind":"title"')
  expect(text).not.toContain('other')
})

test('a truncated file, an existing title and a missing title fail with the reason', async () => {
  const whole = await succeed(0, 'records', 'export', 'lanternfall', '--out', '-')
  const file = join(folder, 'cut.jsonl')
  await writeFile(file, whole.slice(0, whole.indexOf('{"kind":"end"')))
  const cut = await laurel(1, 'records', 'import', file)
  expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('without its line of the kind end') })
  await writeFile(file, whole)
  const taken = await laurel(1, 'records', 'import', file)
  expect(taken).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('line 2: title.titleId: must not be here'),
  })
  const out = join(folder, 'none')
  const missing = await laurel(0, 'records', 'export', 'none', '--out', out)
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('none') })
  expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([])
})

test('an export is uploaded over HTTP as it is', async () => {
  await using empty = await createTestDatabase()
  await using server = await startServer({ databaseUrl: empty.url })
  const body = await succeed(0, 'records', 'export', 'lanternfall', '--out', '-')
  const url = `${server.url}/upload/laurel.v1.ExchangeService/ImportRecords`
  const response = await fetch(url, { method: 'POST', body })
  const lines = (await response.text()).trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
    lineCount: String(body.split('\n').length - 1),
    done: true,
  })
})

test('an import goes on after its server was killed three times, and every row is there once', async () => {
  const playerCount = 2_000
  await using filled = await createTestDatabase()
  await using source = await startServer({ databaseUrl: filled.url })
  await fill(filled.url, playerCount)
  const [file, back] = [join(folder, 'many.jsonl'), join(folder, 'many-back.jsonl')]
  const run = (address: string, ...args: readonly string[]) =>
    runLaurelHere(args, { LAUREL_GRPC_ADDRESS: address })
  expect(await run(source.address, 'records', 'export', '--out', file)).toMatchObject({ code: 0 })

  await using empty = await createTestDatabase()
  for (let kill = 1; kill <= 3; kill += 1) {
    await using server = await startServerProcess({ databaseUrl: empty.url })
    const before = await lineCountOf(empty.url)
    const imported = run(server.address, 'records', 'import', file)
    await expect.poll(() => lineCountOf(empty.url), { interval: 1 }).toBeGreaterThan(before)
    await server.kill('SIGKILL')
    expect(await imported).toMatchObject({ code: 1 })
  }
  await using target = await startServer({ databaseUrl: empty.url })
  expect(await run(target.address, 'records', 'import', file)).toMatchObject({ code: 0 })
  expect(await run(target.address, 'records', 'export', '--out', back)).toMatchObject({ code: 0 })
  const [expected, actual] = await Promise.all([file, back].map((path) => readFile(path, 'utf8')))
  expect(withoutFirst(actual ?? '') === withoutFirst(expected ?? '')).toBe(true)
})

test.each(['gRPC', 'HTTP'])(
  'an export whose client over %s leaves does not delay the next one',
  async (wire) => {
    await using filled = await createTestDatabase()
    await using server = await startServer({ databaseUrl: filled.url })
    await fill(filled.url, 5_000)
    if (wire === 'gRPC') {
      using client = createClient(ExchangeServiceClient, server.address)
      const call = client.exportRecords({ titleIds: [] })
      call.on('error', () => {})
      await once(call, 'data')
      call.cancel()
    } else {
      const url = `${server.url}/laurel.v1.ExchangeService/ExportRecords`
      const headers = { 'content-type': 'application/connect+json' }
      // The length of the message, and the message.
      const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 2]), Buffer.from('{}')])
      const response = await fetch(url, { method: 'POST', headers, body })
      expect(response.status).toBe(200)
      const reader = response.body?.getReader()
      await reader?.read()
      await reader?.cancel()
    }
    const env = { LAUREL_GRPC_ADDRESS: server.address }
    expect(await runLaurelHere(['records', 'export', '--out', join(folder, 'next')], env)).toMatchObject({
      code: 0,
    })
  },
)

/** Returns the number of lines that are imported. */
async function lineCountOf(url: string): Promise<number> {
  const [row] = await onDatabase<{ count: number }>(
    url,
    'select coalesce(max(line_count), 0)::integer as count from record_imports',
  )
  return row?.count ?? 0
}

/** Inserts players, each with ten rows of progress in one title. */
async function fill(url: string, playerCount: number): Promise<void> {
  for (const statement of [
    `insert into titles (id, display_name, default_locale, extensions, create_time, update_time) values ('t', '', 'en', '{}', 0, 0)`,
    `insert into achievements (title_id, id, list_order, hidden, tags, stat_codes, score, definition, create_time, update_time)
     select 't', 'a' || n, n, false, '{}', '{}', 0, jsonb_build_object('name', text, 'description', text, 'kind', 'persistent',
       'serverOnly', false, 'participation', 'individual', 'requirements', none, 'rewards', none, 'media', none, 'platforms', none,
       'titleAssociations', none, 'extensions', '{}'::jsonb), 0, 0
     from generate_series(0, 9) n, jsonb_build_object('locale', 'en', 'text', '', 'translations', '{}'::jsonb) text, (select '[]'::jsonb as none) empty`,
    `insert into players (id, display_name, create_time, update_time) select 'p' || n, '', n, n from generate_series(1, ${playerCount}) n`,
    `insert into player_titles (player_id, title_id) select id, 't' from players`,
    `insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent, revoked, writer, extensions)
     select id, 't', 'a' || n, 'in_progress', '{}', n, n, false, '', '{}' from players, generate_series(0, 9) n`,
  ])
    await onDatabase(url, statement)
}
