import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { purgeDeliveries } from '../../../src/service/destinations/delivery-batches.ts'
import { purgeEventsBefore } from '../../../src/service/events/purge-events.ts'
import { noCitus } from '../../support/citus.ts'
import { onDatabase, putDeliveries } from '../../support/deliveries.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let now = 1_000n

beforeAll(async () => {
  services = await createTestServices({ now: () => now })
})
afterAll(() => services[Symbol.asyncDispose]())

const TITLES = ['early', 'late', 'gone']

async function insertEvents(titleId: string, count: number): Promise<void> {
  await onDatabase(
    services.databaseUrl,
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
     select 'player-' || n % 7, $1, 'first', 'progressed', 0, 'in_progress', 1, '', '', ''
     from generate_series(1, $2::integer) as n`,
    [titleId, count],
  )
}

async function counts() {
  const rows = await onDatabase<{ title_id: string; count: string }>(
    services.databaseUrl,
    'select title_id, count(*) as count from events group by title_id',
  )
  return Object.fromEntries(rows.map((row) => [row.title_id, Number(row.count)]))
}

test('purges events older than the retention time, up to a mark', async () => {
  for (const titleId of TITLES) await insertEvents(titleId, titleId === 'early' ? 12_000 : 10)
  now = 2_000n
  await purgeEventsBefore(services, 500n, NEVER_ABORTED)
  expect(await counts()).toEqual({ early: 12_000, late: 10, gone: 10 })
  await insertEvents('late', 5)
  now = 3_000n
  await purgeEventsBefore(services, 1_999n, NEVER_ABORTED)
  expect(await counts()).toEqual({ early: 12_000, late: 15, gone: 10 })
  now = 4_000n
  await purgeEventsBefore(services, 2_001n, NEVER_ABORTED)
  // A cluster drops partitions, here none.
  const isKept = noCitus === undefined
  expect(await counts()).toEqual(isKept ? { early: 12_000, late: 15, gone: 10 } : { late: 5 })
  const oldest = await services.store.read(NEVER_ABORTED, (queries) => queries.events.findOldestMark())
  expect(oldest).toEqual({ position: 12_020n, time: 2_000n })
})

test('purges completed deliveries of purged events, except dead letters and the last delivered ones', async () => {
  await onDatabase(
    services.databaseUrl,
    `insert into titles (id, display_name, default_locale, extensions, create_time, update_time)
       values ('race', '', 'en', '{}', 0, 0);
     insert into destinations (title_id, id, display_name, dialect, url, credential, filter, limits, create_time,
       update_time) values ('race', 'hook', '', 'webhook', 'https://a.example', '', '{}', '{}', 0, 0)`,
  )
  const of = (eventId: number, state: string, playerId = 'ann', achievementId = 'first-lap') => ({
    playerId,
    eventId,
    state,
    achievementId,
  })
  await putDeliveries(services.databaseUrl, 'race', [
    of(1, 'delivered'),
    of(2, 'superseded'),
    of(3, 'delivered'),
    of(4, 'dead'),
    of(5, 'pending'),
    of(6, 'delivered', 'ann', 'second-lap'),
    of(7, 'unsupported', 'bob'),
    of(8, 'delivered', 'bob'),
    of(20_000, 'superseded'),
  ])
  await purgeDeliveries(services, NEVER_ABORTED)
  const rows = await onDatabase<{ event_id: string }>(
    services.databaseUrl,
    'select event_id from deliveries order by event_id',
  )
  expect(rows.map((row) => Number(row.event_id))).toEqual([3, 4, 5, 6, 8, 20_000])
})
