import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { SafePosition } from '../../../src/service/events/safe-position.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

/** Opens a transaction of another process. */
async function openTransaction() {
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  await client.query('begin')
  return {
    /** Inserts an event and returns its id. */
    async insertEvent(titleId: string): Promise<bigint> {
      const { rows } = await client.query<{ id: string }>(
        `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
         values ('ann', $1, 'first', 'progressed', 0, 'in_progress', 1, '', '', '') returning id`,
        [titleId],
      )
      return BigInt(rows[0]?.id ?? '')
    },
    async end(how: 'commit' | 'rollback') {
      await client.query(how)
      await client.end()
    },
  }
}

/** Returns the events after a position, up to the current safe position. */
async function readFrom(titleId: string, after: bigint) {
  await services.safePosition.current(NEVER_ABORTED)
  return services.feed.read(titleId, after)
}

test('does not skip an event with a lower id that commits later', async () => {
  const start = await services.safePosition.current(NEVER_ABORTED)
  const [early, late] = [await openTransaction(), await openTransaction()]
  const first = await early.insertEvent('late')
  const second = await late.insertEvent('late')
  await late.end('commit')
  const before = await readFrom('late', start)
  expect(before.events).toEqual([])
  expect(before.position).toBeLessThan(first)
  await early.end('commit')
  const after = await readFrom('late', before.position)
  expect(after.events.map(({ id }) => id)).toEqual([first, second])
})

test('advances over the id of a transaction that was rolled back', async () => {
  const start = await services.safePosition.current(NEVER_ABORTED)
  const [early, late] = [await openTransaction(), await openTransaction()]
  await early.insertEvent('rolled-back')
  const second = await late.insertEvent('rolled-back')
  await late.end('commit')
  await early.end('rollback')
  const page = await readFrom('rolled-back', start)
  expect(page.events.map(({ id }) => id)).toEqual([second])
  expect(page.position).toBe(second)
})

test('waits only for transactions that were open before', async () => {
  const start = await services.safePosition.current(NEVER_ABORTED)
  const open = await openTransaction()
  const first = await open.insertEvent('queue')
  const ids: bigint[] = []
  for (let index = 0; index < 100; index += 1) {
    const other = await openTransaction()
    ids.push(await other.insertEvent('queue'))
    await other.end('commit')
    await services.safePosition.current(NEVER_ABORTED)
  }
  const later = await openTransaction()
  const last = await later.insertEvent('queue')
  await open.end('commit')
  const page = await readFrom('queue', start)
  await later.end('commit')
  const rest = await readFrom('queue', page.position)
  // There are 64 barriers: the last may have been replaced after the later transaction started, and waits for it.
  expect(page.events.length).toBeGreaterThan(62)
  expect(page.events.map(({ id }) => id)).not.toContain(last)
  expect([...page.events, ...rest.events].map(({ id }) => id)).toEqual([first, ...ids, last])
})

test('is undefined until the transactions that were open at the start have ended', async () => {
  const open = await openTransaction()
  const id = await open.insertEvent('begun')
  const safePosition = new SafePosition(services.store)
  safePosition.start()
  await expect(safePosition.current(AbortSignal.timeout(300))).rejects.toThrow()
  expect(safePosition.position).toBeUndefined()
  await open.end('commit')
  expect(await safePosition.current(NEVER_ABORTED)).toBeGreaterThanOrEqual(id)
  await safePosition.close()
})

test('a wait for the position ends when the server stops', async () => {
  const open = await openTransaction()
  await open.insertEvent('stopping')
  const safePosition = new SafePosition(services.store)
  safePosition.start()
  const waiting = [safePosition.current(NEVER_ABORTED), safePosition.current(NEVER_ABORTED)]
  const ends = Promise.allSettled(waiting)
  await safePosition.close()
  const [late] = await Promise.allSettled([safePosition.current(NEVER_ABORTED)])
  const stopping = { status: 'rejected', reason: expect.objectContaining({ reason: 'SERVER_STOPPING' }) }
  expect([...(await ends), late]).toEqual([stopping, stopping, stopping])
  await open.end('rollback')
})

test('a reader beside many writers reads each event once, in order', async () => {
  const start = await services.safePosition.current(NEVER_ABORTED)
  const writers = 8
  const each = 60
  let writing = writers
  const write = async () => {
    for (let index = 0; index < each; index += 1) {
      const transaction = await openTransaction()
      await transaction.insertEvent('storm')
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 8))
      if (index % 3 === 0) await transaction.insertEvent('storm')
      await transaction.end(index % 7 === 0 ? 'rollback' : 'commit')
    }
    writing -= 1
  }
  const done = Promise.all(Array.from({ length: writers }, write))
  const seen: bigint[] = []
  let position = start
  while (writing > 0) {
    const page = await services.feed.read('storm', position)
    seen.push(...page.events.map(({ id }) => id))
    position = page.position
    await services.safePosition.wait(position, 100, NEVER_ABORTED)
  }
  await done
  for (
    let page = await readFrom('storm', position);
    ;
    page = await services.feed.read('storm', page.position)
  ) {
    seen.push(...page.events.map(({ id }) => id))
    if (page.events.length === 0) break
  }
  const stored = await services.store.read(NEVER_ABORTED, (queries) =>
    queries.events.listOfTitle('storm', 0n, 2n ** 60n, 10_000),
  )
  expect(stored.length).toBeGreaterThan(writers * each * 0.8)
  expect(seen).toEqual(stored.map(({ id }) => id))
})
