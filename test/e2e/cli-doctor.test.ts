import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runLaurel } from '../support/laurel.ts'

interface Report {
  readonly settings: readonly { readonly name: string; readonly value: string; readonly source: string }[]
  readonly findings: readonly { readonly check: string; readonly level: string; readonly message: string }[]
}

const SECRET = 'hush-doctor'
let database: TestDatabase
let client: pg.Client
let folder: string
beforeAll(async () => {
  database = await createTestDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
  folder = mkdtempSync(join(tmpdir(), 'laurel-doctor-'))
})
afterAll(async () => {
  await client.end()
  await database[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

async function doctor(env: Readonly<Record<string, string>>) {
  const free = { LAUREL_GRPC_ADDRESS: '127.0.0.1:0', LAUREL_HTTP_ADDRESS: '127.0.0.1:0' }
  const { code, stdout } = await runLaurel(['doctor', '--json'], {
    env: { ...free, DATABASE_URL: database.url, ...env },
  })
  expect(stdout).not.toContain(SECRET)
  const report = JSON.parse(stdout) as Report
  const of = (check: string) => report.findings.find((finding) => finding.check === check)
  return { code, report, of }
}

test('reports the settings in force and a database that can be used, and exits with 0', async () => {
  const { code, report, of } = await doctor({
    LAUREL_WORKERS: '2',
    LAUREL_CREDENTIAL_HOOK: SECRET,
    LAUREL_TOKEN: SECRET,
  })
  expect(report.settings).toContainEqual({ name: 'LAUREL_WORKERS', value: '2', source: 'environment' })
  expect(report.settings).toContainEqual({ name: 'LAUREL_RELAY', value: 'on', source: 'default' })
  expect(of('database')).toMatchObject({
    level: 'ok',
    message: expect.stringMatching(/^PostgreSQL \d+.*UTF8/),
  })
  expect(of('migrations')).toMatchObject({ level: 'ok', message: expect.stringMatching(/^\d+ applied$/) })
  for (const check of ['clock', 'permissions', 'pooler', 'connections', 'spool folder', 'gRPC address'])
    expect(of(check), check).toMatchObject({ level: 'ok' })
  expect(code).toBe(0)
})

test.each([
  ['an invalid value', { LAUREL_WORKERS: 'many' }, 'configuration', 'LAUREL_WORKERS must be an integer'],
  ['an unknown gateway', { LAUREL_GATEWAYS: 'elsewhere' }, 'configuration', 'names elsewhere'],
  ['a missing auth file', { LAUREL_AUTH_FILE: '/nowhere/auth.json' }, 'auth file', 'cannot be read: ENOENT'],
  [
    'a missing certificate',
    { LAUREL_TLS_CERT_FILE: '/nowhere/a', LAUREL_TLS_KEY_FILE: '/nowhere/b' },
    'certificate',
    '/nowhere/a',
  ],
  [
    'a database that is away',
    { DATABASE_URL: 'postgres://laurel:hush-doctor@127.0.0.1:1/none' },
    'database',
    'ECONNREFUSED',
  ],
  [
    'an address of another machine',
    { LAUREL_HTTP_ADDRESS: '192.0.2.1:80', LAUREL_AUTH_FILE: '' },
    'configuration',
    'loopback',
  ],
])('%s fails its check, and the exit code is 1', async (_title, env, check, message) => {
  const { code, of } = await doctor(env)
  expect(of(check)).toMatchObject({ level: 'fail', message: expect.stringContaining(message) })
  expect(code).toBe(1)
})

test('a schema of a newer version fails, and pending migrations are listed', async () => {
  await client.query("insert into kysely_migration values ('9999-newer', now()::text)")
  expect((await doctor({})).of('migrations')).toMatchObject({
    level: 'fail',
    message: expect.stringContaining('9999-newer'),
  })
  await client.query("delete from kysely_migration where name = '9999-newer'")
  const { rows } = await client.query(
    'delete from kysely_migration where name = (select max(name) from kysely_migration) returning *',
  )
  const [{ name, timestamp }] = rows
  const { code, of } = await doctor({})
  expect(of('migrations')).toMatchObject({
    level: 'ok',
    message: expect.stringContaining(`the server applies ${name}`),
  })
  expect(code).toBe(0)
  const { stdout } = await runLaurel(['db', 'status'], { env: { DATABASE_URL: database.url } })
  expect(stdout).toMatch(new RegExp(`^${name} +pending`, 'm'))
  await client.query('insert into kysely_migration values ($1, $2)', [name, timestamp])
})

test('an issuer and a destination that cannot be reached, and a destination without its credential, fail', async () => {
  const server = createServer((_request, response) => response.end('{"keys": [{"kty": "EC"}]}')).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const issuer = { audience: 'laurel', algorithms: ['ES256'], principal: 'player' }
  const issuers = [port, 1].map((of) => ({
    ...issuer,
    issuer: `on ${of}`,
    jwks: `http://127.0.0.1:${of}/keys`,
  }))
  const file = join(folder, 'auth.json')
  writeFileSync(file, JSON.stringify({ issuers }))
  await client.query(
    `insert into titles (id, display_name, default_locale, extensions, create_time, update_time)
     values ('t', 't', 'en', '{}', 0, 0)`,
  )
  const destinations = [
    ['away', 'http://127.0.0.1:1/', 'env:LAUREL_CREDENTIAL_HOOK'],
    ['here', `http://127.0.0.1:${port}/`, 'env:LAUREL_CREDENTIAL_HOOK'],
    ['poor', `http://127.0.0.1:${port}/`, 'env:LAUREL_CREDENTIAL_NONE'],
  ]
  for (const values of destinations)
    await client.query(
      `insert into destinations (title_id, id, url, credential, display_name, dialect, filter, limits, create_time, update_time)
       values ('t', $1, $2, $3, '', 'webhook', '{}', '{}', 0, 0)`,
      values,
    )
  const env = {
    LAUREL_AUTH_FILE: file,
    LAUREL_CREDENTIAL_HOOK: SECRET,
    LAUREL_OUTBOUND_PRIVATE: 'localhost,127.0.0.1',
  }
  const { code, of } = await doctor(env)
  server.close()
  expect(of(`issuer on ${port}`)).toMatchObject({ level: 'ok' })
  expect(of('issuer on 1')).toMatchObject({ level: 'fail', message: expect.stringContaining('fetch failed') })
  expect(of('destination t/away')).toMatchObject({
    level: 'fail',
    message: expect.stringContaining('ECONNREFUSED'),
  })
  expect(of('destination t/here')).toMatchObject({ level: 'ok' })
  expect(of('destination t/poor')).toMatchObject({
    level: 'fail',
    message: expect.stringContaining('LAUREL_CREDENTIAL_NONE'),
  })
  expect(code).toBe(1)
})
