import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EventWithProgress } from '../../../src/model/event.ts'
import { NOT_STARTED } from '../../../src/model/progress.ts'
import { type ListEvents, listEvents } from '../../../src/service/events/list-events.ts'
import type { Page } from '../../../src/service/paging.ts'
import { resetProgress, revokeAchievement } from '../../../src/service/progress/enforcement.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { createPlayedTitle, reach, titleId, unlock } from '../../support/played-title.ts'
import { callOf } from '../../support/services.ts'
import { volume } from '../../support/volume.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>

beforeAll(async () => {
  played = await createPlayedTitle()
})
afterAll(() => played[Symbol.asyncDispose]())

const ALL: Omit<ListEvents, 'titleId'> = {
  playerId: undefined,
  achievementId: undefined,
  kinds: [],
  startTime: undefined,
  endTime: undefined,
  order: 'oldest_first',
  view: 'full',
  pageSize: undefined,
  pageToken: undefined,
}

function list(request: Partial<ListEvents>): Promise<Page<EventWithProgress>> {
  return listEvents(played.services, { ...ALL, titleId, ...request }, callOf())
}

/** Returns the pages of a list. */
async function pagesOf(request: Partial<ListEvents>): Promise<readonly Page<EventWithProgress>[]> {
  const pages: Page<EventWithProgress>[] = []
  do pages.push(await list({ ...request, pageToken: pages.at(-1)?.nextPageToken }))
  while (pages.at(-1)?.nextPageToken !== undefined)
  return pages
}

const idsOf = (pages: readonly Page<EventWithProgress>[]) =>
  pages.flatMap(({ items }) => items.map(({ id }) => id))

async function addTitle(id: string): Promise<void> {
  const title = { id, displayName: id, defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(played.services, { title, requestId: undefined }, callOf())
}

const INSERT = `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)`

/** Inserts events of numbered players whose times are their numbers, as a version without progress in events did. */
async function insertMany(title: string, count: number): Promise<void> {
  await played.pool.query(
    `${INSERT} select 'p' || i % 3, $1, 'counted', 'progressed', i, 'in_progress', 1, '', '', ''
     from generate_series(1, $2::int) i`,
    [title, count],
  )
}

test('lists events with the progress after them, and who caused them', async () => {
  const request = { requestId: 'r-1' }
  await played.record('ann', 'counted', reach(250n), request)
  await played.record('ann', 'counted', reach(1000n))
  const key = { titleId, playerId: 'ann', achievementId: 'counted', requestId: undefined }
  await revokeAchievement(played.services, { ...key, reason: 'cheat' }, callOf('moderator'))
  await resetProgress(played.services, { ...key, reason: 'again' }, callOf())
  const { items, nextPageToken } = await list({ playerId: 'ann' })
  expect(nextPageToken).toBeUndefined()
  const [progressed, unlocked, revoked, reset] = items
  expect(progressed).toMatchObject({ kind: 'progressed', actor: 'tester', requestId: 'r-1', percent: 25 })
  expect(progressed?.progress).toMatchObject({ values: { count: 250n }, percent: 25, state: 'in_progress' })
  expect(unlocked?.progress).toMatchObject({ values: { count: 1000n }, unlockPrecision: 'exact' })
  expect(unlocked?.progress?.unlockTime).toBe(unlocked?.unlockTime)
  expect(revoked).toMatchObject({ kind: 'revoked', actor: 'moderator', reason: 'cheat' })
  expect(revoked?.progress).toMatchObject({ revoked: true, state: 'achieved', values: { count: 1000n } })
  expect(reset).toMatchObject({
    kind: 'reset',
    reason: 'again',
    progress: { state: 'not_started', values: {} },
  })
  expect(items).toHaveLength(4)
})

test('changes of definitions and events from before events held it have no progress, but a reset has', async () => {
  const { items } = await list({ kinds: ['definition_changed'] })
  expect(items.map(({ playerId, progress }) => [playerId, progress])).toEqual(
    ['plain', 'counted', 'hidden'].map(() => ['', undefined]),
  )
  await addTitle('old')
  await insertMany('old', 1)
  await played.pool.query(
    `${INSERT} values ('p1', 'old', 'counted', 'reset', 0, 'not_started', 0, '', '', '')`,
  )
  const old = await list({ titleId: 'old' })
  expect(old.items.map(({ progress }) => progress)).toEqual([undefined, NOT_STARTED])
})

describe('filters', () => {
  const found = async (request: Partial<ListEvents>) =>
    (await list({ titleId: 'filtered', ...request })).items.map(({ time }) => Number(time))

  beforeAll(async () => {
    await addTitle('filtered')
    await insertMany('filtered', 9)
    await played.pool.query(
      `${INSERT} values
        ('p1', 'filtered', 'other', 'unlocked', 10, 'achieved', 100, '', '', ''),
        ('p1', 'filtered', '', 'player_deleted', 11, 'not_started', 0, '', '', ''),
        ('p1', 'another', 'other', 'unlocked', 12, 'achieved', 100, '', '', '')`,
    )
  })

  test.each<[string, Partial<ListEvents>, readonly number[]]>([
    ['player', { playerId: 'p1' }, [1, 4, 7, 10, 11]],
    ['achievement, with events that name none', { achievementId: 'other' }, [10, 11]],
    ['kinds', { kinds: ['unlocked', 'player_deleted'] }, [10, 11]],
    ['start time, inclusive', { startTime: 9n }, [9, 10, 11]],
    ['end time, exclusive', { endTime: 3n }, [1, 2]],
    ['all of them', { playerId: 'p1', achievementId: 'other', kinds: ['unlocked'], startTime: 2n }, [10]],
  ])('by %s', async (_, request, expected) => {
    expect(await found(request)).toEqual(expected)
    expect(await found({ ...request, order: 'newest_first' })).toEqual(expected.toReversed())
  })

  test('a token of another list is rejected', async () => {
    const { nextPageToken: pageToken } = await list({ titleId: 'filtered', pageSize: 1 })
    for (const other of [
      { playerId: 'p1' },
      { order: 'newest_first' },
      { view: 'player' },
      { endTime: 3n },
    ] as const)
      await expect(list({ titleId: 'filtered', pageToken, ...other })).rejects.toMatchObject({
        reason: 'PAGE_TOKEN_INVALID',
      })
    expect((await list({ titleId: 'filtered', pageToken, pageSize: 2 })).items).toHaveLength(2)
  })

  test('an unknown title is an error', async () => {
    await expect(list({ titleId: 'none' })).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })
})

test('the view of a player leaves out callers, and the values of a hidden achievement until it is unlocked', async () => {
  await played.record('eve', 'hidden', { kind: 'percent', percent: 40 }, { requestId: 'r-2' })
  await played.record('eve', 'hidden', unlock)
  await played.record('eve', 'counted', reach(5n))
  await played.pool.query(
    `update events set values = '{"boss": "3"}', extensions = '{"xbox": {"a": 1}}'
     where player_id = 'eve' and achievement_id = 'hidden'`,
  )
  const full = (await list({ playerId: 'eve' })).items
  expect(full[0]).toMatchObject({ requestId: 'r-2', progress: { writer: 'tester', values: { boss: 3n } } })
  const { items } = await list({ playerId: 'eve', view: 'player' })
  expect(items.map(({ actor, reason, requestId }) => actor + reason + requestId)).toEqual(['', '', ''])
  expect(items.map(({ progress }) => progress?.writer)).toEqual(['', '', ''])
  expect(items.map(({ progress }) => progress?.values)).toEqual([{}, { boss: 3n }, { count: 5n }])
  expect(items[0]).toMatchObject({ percent: 40, progress: { percent: 40, extensions: {} } })
  for (const [table, column] of [
    ['progress', 'achievement_id'],
    ['achievements', 'id'],
  ])
    await played.pool.query(`delete from ${table} where ${column} = 'counted'`)
  const [, , ofDeleted] = (await list({ playerId: 'eve', view: 'player' })).items
  expect(ofDeleted?.progress?.values).toEqual({})
})

test('a page ends after 10,000 events that the filters leave out, and the next one continues there', async () => {
  await addTitle('long')
  await insertMany('long', 20_500)
  for (const order of ['oldest_first', 'newest_first'] as const) {
    for (const [startTime, count] of [
      [20_500n, 1],
      [10_001n, 10_500],
      [30_000n, 0],
    ] as const) {
      const pages = await pagesOf({ titleId: 'long', order, startTime, pageSize: 1000 })
      expect(idsOf(pages)).toHaveLength(count)
      expect(new Set(idsOf(pages)).size).toBe(count)
      if (count < 2) expect(pages).toHaveLength(3)
    }
    const unfiltered = await pagesOf({ titleId: 'long', order, pageSize: 5000 })
    expect(unfiltered.map(({ items }) => items.length)).toEqual([...Array(20).fill(1000), 500])
    const ofPlayer = await pagesOf({ titleId: 'title', order, playerId: 'p1', pageSize: 1000 })
    expect(ofPlayer.map(({ items }) => items.length)).toEqual([0])
  }
})

test('a page ends before 4 MiB', async () => {
  await addTitle('large')
  await insertMany('large', 12)
  await played.pool.query(
    `update events set values = '{}', reported_percent = 0, revoked = false,
      extensions = jsonb_build_object('none', repeat('x', 1000000)) where title_id = 'large'`,
  )
  for (const order of ['oldest_first', 'newest_first'] as const) {
    const pages = await pagesOf({ titleId: 'large', order })
    expect(pages.map(({ items }) => items.length)).toEqual([3, 3, 3, 3])
    expect(new Set(idsOf(pages)).size).toBe(12)
  }
})

const COUNT = volume({ small: 1_000, full: 10_000 })

test(`${COUNT} events are each listed once, in both orders, beside writers that commit late`, async () => {
  await addTitle('storm')
  await insertMany('storm', COUNT)
  // Once the position is above them, writers that begin later do not hide them.
  await list({ titleId: 'storm' })
  let isWriting = true
  const write = async () => {
    const client = new pg.Client({ connectionString: played.services.databaseUrl })
    await client.connect()
    const insert = () =>
      client.query(
        `${INSERT} values ('p1', 'storm', 'counted', 'progressed', 0, 'in_progress', 1, '', '', '')`,
      )
    // On a cluster they are faster than the reader, who would reach no end.
    for (let index = 0; isWriting && index < 1_000; index += 1) {
      await client.query('begin')
      await insert()
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
      if (index % 3 === 0) await insert()
      await client.query(index % 7 === 0 ? 'rollback' : 'commit')
    }
    await client.end()
  }
  const writers = Array.from({ length: 6 }, write)
  const lists: (readonly bigint[])[] = []
  for (const order of ['oldest_first', 'newest_first', 'oldest_first', 'newest_first'] as const) {
    for (const playerId of [undefined, 'p1']) {
      const ids = idsOf(await pagesOf({ titleId: 'storm', order, playerId, pageSize: 37 }))
      lists.push(order === 'oldest_first' ? ids : ids.toReversed())
    }
  }
  isWriting = false
  await Promise.all(writers)
  const { rows } = await played.pool.query<{ id: string; player_id: string }>(
    `select id, player_id from events where title_id = 'storm' order by id`,
  )
  for (const [index, ids] of lists.entries()) {
    const ofList = index % 2 === 0 ? rows : rows.filter(({ player_id }) => player_id === 'p1')
    const last = ids.at(-1) ?? 0n
    expect(ids).toEqual(ofList.map(({ id }) => BigInt(id)).filter((id) => id <= last))
    expect(ids.length).toBeGreaterThan(index % 2 === 0 ? COUNT - 1 : COUNT / 3 - 1)
  }
  expect(rows.length).toBeGreaterThan(COUNT + 20)
})
