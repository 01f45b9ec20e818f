import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDatabase } from '../../../src/cli/doctor/check-database.ts'
import { citusUrls, databasesOf, loseNode, noCitus } from '../../support/citus.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { onDatabase } from '../../support/deliveries.ts'

const [, firstWorker = ''] = citusUrls

let database: TestDatabase
/** Of the database. */
let name: string

/** Returns the checks of workers, by the host and port of each. */
async function checkWorkers(databasePool: number) {
  const findings = await checkDatabase(database.url, { workers: 1, databasePool })
  return findings.filter(({ check }) => check.startsWith('worker '))
}

describe.skipIf(noCitus !== undefined)(`laurel doctor on a cluster (${noCitus ?? 'there is one'})`, () => {
  beforeAll(async () => {
    database = await createTestDatabase()
    name = new URL(database.url).pathname.slice(1)
    for (const url of databasesOf(database.url))
      await onDatabase(url, `alter database "${name}" set synchronous_commit = 'on'`)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  test('checks each worker', async () => {
    const found = await checkWorkers(1)
    expect(found.map(({ check, level }) => [check, level])).toEqual(
      citusUrls.slice(1).map((url) => [`worker ${new URL(url).host}`, 'ok']),
    )
  })

  test('warns of a worker with too few connections', async () => {
    const [first] = await checkWorkers(100_000)
    expect(first).toMatchObject({ level: 'warn', message: expect.stringContaining('raise max_connections') })
  })

  test('warns of a worker that responds before a commit is flushed', async () => {
    const worker = databasesOf(database.url)[1] as string
    await onDatabase(worker, `alter database "${name}" set synchronous_commit = 'off'`)
    expect(await checkWorkers(1)).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('synchronous_commit') }),
    )
  })

  test('names a worker that is away', async () => {
    await using _ = await loseNode(firstWorker, name)
    const [first, ...others] = await checkWorkers(1)
    expect(first).toMatchObject({ level: 'fail', message: expect.stringContaining('cannot be reached') })
    for (const { level } of others) expect(level).toBe('ok')
  })
})
