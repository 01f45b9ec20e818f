import fc from 'fast-check'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Event } from '../../../src/model/event.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { storeSentPercents } from '../../../src/service/destinations/sent-percents.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import { up } from '../../../src/store/migrations/0012-sent-percents.ts'
import { onDatabase, putDeliveries } from '../../support/deliveries.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const key = { titleId: 'title', destinationId: 'platform' }

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const PLAYERS = ['ann', 'bob']
const ACHIEVEMENTS = ['a', 'b']
const keys = PLAYERS.flatMap((playerId) => ACHIEVEMENTS.map((achievementId) => ({ playerId, achievementId })))

const store = (events: readonly Event[]) =>
  services.store.write(NEVER_ABORTED, (queries) => storeSentPercents(queries, key, events))
const stored = async () => {
  const rows = await services.store.read(NEVER_ABORTED, (queries) => queries.sentPercents.list(key, keys))
  return rows.map(({ playerId, achievementId, percent }) => `${playerId} ${achievementId} ${percent}`).sort()
}

const eventOf = (parts: Partial<Event>): Event => ({
  id: 1n,
  titleId: key.titleId,
  playerId: 'ann',
  achievementId: 'a',
  kind: 'progressed',
  time: 0n,
  state: 'in_progress',
  percent: 0,
  unlockTime: undefined,
  actor: '',
  reason: '',
  requestId: '',
  ...parts,
})
const anyEvent = fc
  .record({
    playerId: fc.constantFrom(...PLAYERS),
    achievementId: fc.constantFrom(...ACHIEVEMENTS),
    kind: fc.constantFrom('progressed', 'progressed', 'progressed', 'unlocked', 'reset'),
    percent: fc.integer({ min: 0, max: 99 }),
  })
  .map(eventOf)

test('the percent is the highest since the last reset, however the events are batched', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(anyEvent, { maxLength: 6 }), { maxLength: 4 }), async (batches) => {
      await onDatabase(services.databaseUrl, 'delete from sent_percents')
      for (const batch of batches) await store(batch)
      const expected = new Map<string, number>()
      for (const { playerId, achievementId, kind, percent } of batches.flat()) {
        const name = `${playerId} ${achievementId}`
        if (kind === 'reset') expected.delete(name)
        else expected.set(name, Math.max(expected.get(name) ?? 0, kind === 'unlocked' ? 100 : percent))
      }
      expect(await stored()).toEqual([...expected].map(([name, percent]) => `${name} ${percent}`).sort())
    }),
    { numRuns: 40 },
  )
})

test('a deleted player has no percent', async () => {
  await onDatabase(services.databaseUrl, 'delete from sent_percents')
  const [playerId, requestId] = ['ann', undefined]
  await createPlayer(
    services,
    { player: { id: playerId, displayName: '', accounts: [] }, requestId },
    callOf(),
  )
  await store([eventOf({ percent: 10 }), eventOf({ playerId: 'bob', percent: 20 })])
  await deletePlayer(services, { playerId, etag: undefined, requestId }, callOf())
  expect(await stored()).toEqual(['bob a 20'])
})

test('the migration takes the percents of the deliveries to platforms that are stored', async () => {
  const { databaseUrl } = services
  await onDatabase(databaseUrl, 'drop table sent_percents')
  await onDatabase(databaseUrl, `insert into titles values ('title', '', 'en', '{}', 1, 1)`)
  for (const [id, dialect] of [
    ['platform', 'any'],
    ['hook', 'webhook'],
  ]) {
    await onDatabase(
      databaseUrl,
      `insert into destinations (title_id, id, display_name, dialect, url, credential, filter, limits, create_time,
         update_time) values ('title', $1, '', $2, '', '', '{}', '{}', 1, 1)`,
      [id, dialect],
    )
  }
  const delivered = { ...key, playerId: 'ann', achievementId: 'a', state: 'delivered' }
  await putDeliveries(databaseUrl, key.titleId, [
    { ...delivered, eventId: 1, kind: 'unlocked' },
    { ...delivered, eventId: 2, kind: 'reset' },
    { ...delivered, eventId: 3 },
    { ...delivered, eventId: 4, achievementId: 'b', state: 'unsupported' },
    { ...delivered, eventId: 5, playerId: 'bob', kind: 'unlocked' },
    { ...delivered, eventId: 6, playerId: 'bob' },
    { ...delivered, eventId: 7, playerId: 'bob', achievementId: 'b', destinationId: 'hook' },
  ])
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  await using db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  await up(db)
  expect(await stored()).toEqual(['ann a 50', 'bob a 100'])
})
