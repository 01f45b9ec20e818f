import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { watchProgress } from '../../../src/service/events/watch-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const query = <Row extends object>(text: string) => onDatabase<Row>(services.databaseUrl, text)
const insertEvent = async (achievementId: string) => {
  const [row] = await query<{ id: string }>(
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
     values ('ann', 'title', '${achievementId}', 'progressed', 0, 'in_progress', 1, '', '', '') returning id::text`,
  )
  return BigInt(row?.id ?? '')
}
const readAfter = async (position: bigint) => {
  await services.safePosition.current(NEVER_ABORTED)
  const { events } = await services.feed.read('title', position)
  return events.map(({ achievementId }) => achievementId)
}

test('events that get the ids of lost ones are read after a standby without the last events takes over', async () => {
  const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const id = await insertEvent('lost')
  expect(await readAfter(id - 1n)).toEqual(['lost'])
  const watch = watchProgress(
    services,
    {
      titleId: 'title',
      filter: { kinds: [], achievementIds: [], playerIds: [] },
      resumeToken: undefined,
      fromOldest: false,
      view: 'full',
      heartbeatMilliseconds: 600_000,
    },
    callOf(),
  )
  await watch.next()
  const next = watch.next()
  next.catch(() => {})

  // As on the standby.
  await query('delete from events')
  await query(`select setval('events_id_seq', ${id - 1n})`)

  expect(await services.safePosition.current(NEVER_ABORTED)).toBe(id - 1n)
  await expect(next).rejects.toMatchObject({ reason: 'RESUME_TOKEN_INVALID' })
  expect(await insertEvent('reused')).toBe(id)
  expect(await readAfter(id - 1n)).toEqual(['reused'])
})
