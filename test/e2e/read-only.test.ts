import { type ServiceError, status } from '@grpc/grpc-js'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  GetProgressRequest,
  ProgressServiceClient,
  RecordProgressRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { endConnections, setReadOnly } from '../support/disturbed-database.ts'
import { errorInfoOf } from '../support/error-info.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { startServerProcess } from '../support/server.ts'

let database: TestDatabase
let admin: pg.Client
beforeAll(async () => {
  database = await createTestDatabase()
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await database[Symbol.asyncDispose]()
})

test('a failover to a standby and back: writes get UNAVAILABLE, reads go on, and the server recovers', async () => {
  await using server = await startServerProcess({ databaseUrl: database.url })
  await createFixture(server.address, { count: 1_000_000n })
  using client = createClient(ProgressServiceClient, server.address)
  const key = { titleId: TITLE_ID, playerId: 'ann', achievementId: 'count' }
  let requests = 0
  const add = () => {
    requests += 1
    const report = {
      $case: 'add' as const,
      value: { quantity: { value: { $case: 'integer' as const, value: 1n } } },
    }
    const request = RecordProgressRequest.fromPartial({ ...key, report, requestId: `add-${requests}` })
    return callUnary(client, 'recordProgress', request)
  }
  const outcome = () =>
    add().then(
      () => 'written',
      (error) => `${status[error.code]} ${errorInfoOf(error).reason}`,
    )
  const readiness = async () => (await fetch(`${server.url}/readyz`)).json()
  expect(await outcome()).toBe('written')
  expect(await readiness()).toMatchObject({ status: 'ready', databaseWrites: 'writable' })

  await setReadOnly(admin, true)
  await endConnections(admin)
  await expect.poll(outcome).toBe('UNAVAILABLE DATABASE_READ_ONLY')
  const refused: ServiceError = await add().catch((error) => error)
  expect(String(refused.metadata.get('grpc-status-details-bin')[0])).toContain('google.rpc.RetryInfo')
  expect(await readiness()).toMatchObject({ status: 'not ready', databaseWrites: 'read_only' })
  const { progress } = await callUnary(client, 'getProgress', GetProgressRequest.fromPartial(key))
  expect(progress?.requirements[0]?.current?.value).toEqual({ $case: 'integer', value: 1n })

  await setReadOnly(admin, false)
  // Without a call meanwhile: the server probes.
  await expect.poll(readiness).toMatchObject({ status: 'ready', databaseWrites: 'writable' })
  expect(await outcome()).toBe('written')
  expect(server.output().match(/the database accepts no writes, as a standby/g)).toHaveLength(1)
})

/** Starts a server that does not start. Returns its last line. */
async function failureOf(databaseUrl: string): Promise<string | undefined> {
  const failure: Error = await startServerProcess({ databaseUrl }).then(
    () => expect.fail('the server started'),
    (error) => error,
  )
  return failure.message.split('served:\n')[1]
}

test('a database that accepts no writes ends the start with one line of advice', async () => {
  await setReadOnly(admin, true)
  const line = await failureOf(database.url).finally(() => setReadOnly(admin, false))
  expect(line).toBe(
    'laurel: the database of DATABASE_URL accepts no writes, as a standby: give the address of the primary\n',
  )
})

test('a database with another encoding than UTF-8 ends the start with one line of advice', async () => {
  const name = `laurel_latin_${process.pid}`
  await admin.query(
    `create database ${name} template template0 encoding 'LATIN1' locale_provider libc locale 'C'`,
  )
  const url = new URL(database.url)
  url.pathname = `/${name}`
  const line = await failureOf(url.href).finally(() => admin.query(`drop database ${name}`))
  expect(line).toBe(
    "laurel: the database of DATABASE_URL has the encoding LATIN1: create one with: create database laurel template template0 encoding 'UTF8'\n",
  )
})
