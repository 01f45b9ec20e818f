import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SafePosition } from '../../../src/service/events/safe-position.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const { signal } = new AbortController()

/** A transaction of somebody else, that does nothing until it is told to. */
async function openTransaction() {
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  await client.query('begin')
  return {
    /** Takes a number. */
    async tell(titleId: string): Promise<bigint> {
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

/** What is read from a number on, once the horizon is where it can be. */
async function readFrom(titleId: string, after: bigint) {
  await services.safePosition.current(signal)
  return services.feed.read(titleId, after)
}

test('an event of an earlier number that commits later is not passed by', async () => {
  const start = await services.safePosition.current(signal)
  const [early, late] = [await openTransaction(), await openTransaction()]
  const first = await early.tell('held')
  const second = await late.tell('held')
  await late.end('commit')
  const before = await readFrom('held', start)
  expect(before.events).toEqual([])
  expect(before.position).toBeLessThan(first)
  await early.end('commit')
  const after = await readFrom('held', before.position)
  expect(after.events.map(({ id }) => id)).toEqual([first, second])
})

test('a number whose transaction is rolled back holds nobody up', async () => {
  const start = await services.safePosition.current(signal)
  const [early, late] = [await openTransaction(), await openTransaction()]
  await early.tell('rolled-back')
  const second = await late.tell('rolled-back')
  await late.end('commit')
  await early.end('rollback')
  const page = await readFrom('rolled-back', start)
  expect(page.events.map(({ id }) => id)).toEqual([second])
  expect(page.position).toBe(second)
})

test('transactions that come while others are held wait only for those before them', async () => {
  const start = await services.safePosition.current(signal)
  const held = await openTransaction()
  const first = await held.tell('queue')
  const ids: bigint[] = []
  for (let index = 0; index < 100; index += 1) {
    const other = await openTransaction()
    ids.push(await other.tell('queue'))
    await other.end('commit')
    await services.safePosition.current(signal)
  }
  const later = await openTransaction()
  const last = await later.tell('queue')
  await held.end('commit')
  const page = await readFrom('queue', start)
  await later.end('commit')
  const rest = await readFrom('queue', page.position)
  // There are 64 fences: the last may have been put up anew when the later one was there already, and waits for it.
  expect(page.events.length).toBeGreaterThan(62)
  expect(page.events.map(({ id }) => id)).not.toContain(last)
  expect([...page.events, ...rest.events].map(({ id }) => id)).toEqual([first, ...ids, last])
})

test('one that begins while a transaction is held knows nothing until that is done', async () => {
  const held = await openTransaction()
  const id = await held.tell('begun')
  const horizon = new SafePosition(services.store)
  horizon.start()
  await expect(horizon.current(AbortSignal.timeout(300))).rejects.toThrow()
  expect(horizon.position).toBeUndefined()
  await held.end('commit')
  expect(await horizon.current(signal)).toBeGreaterThanOrEqual(id)
  await horizon.close()
})

test('writers of many transactions and one reader: each event once, those of a player in order', async () => {
  const start = await services.safePosition.current(signal)
  const writers = 8
  const each = 60
  let writing = writers
  const write = async () => {
    for (let index = 0; index < each; index += 1) {
      const transaction = await openTransaction()
      await transaction.tell('storm')
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 8))
      if (index % 3 === 0) await transaction.tell('storm')
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
    await services.safePosition.wait(position, 100, signal)
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
  const stored = await services.store.read(signal, (queries) =>
    queries.events.listOfTitle('storm', 0n, 2n ** 60n, 10_000),
  )
  expect(stored.length).toBeGreaterThan(writers * each * 0.8)
  expect(seen).toEqual(stored.map(({ id }) => id))
})
