import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Achievement } from '../../../src/model/achievement.ts'
import { BackfillWorker } from '../../../src/service/achievements/backfill-worker.ts'
import { backfillNext, getBackfill, listBackfills } from '../../../src/service/achievements/backfills.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { listProgress } from '../../../src/service/progress/list-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { RecordProgress } from '../../../src/service/progress/writer/contract.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { backfillQueries } from '../../../src/store/achievements/backfills.ts'
import { countingRows } from '../../support/counting-rows.ts'
import { counted, reach, titleWith as titleWithOne } from '../../support/one-achievement.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { until } from '../../support/relay.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let database: Client
const call = callOf()
const once = { requestId: undefined }

beforeAll(async () => {
  services = await createTestServices()
  database = new Client({ connectionString: services.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})

const titleWith = (parts: Partial<Achievement>) => titleWithOne(services, parts)

describe('a lowered target', () => {
  test('unlocks the achievement for the players beyond it, once, and counts them', async () => {
    const { key, record, update, preview, progress, fill, events, summary } = await titleWith({
      requirements: counted(100n),
    })
    for (const [index, value] of [80n, 50n, 49n, 100n].entries()) await record(`p${index}`, reach(value))
    const patch = { requirements: counted(50n) }
    expect(await preview(patch)).toMatchObject({
      unlockCount: 2,
      achievement: { requirements: [{ target: 50n }] },
    })
    expect(await events('definition_changed')).toHaveLength(1)
    await update(patch)
    expect(await progress('p0')).toMatchObject({ state: 'in_progress', percent: 99, values: { count: 80n } })
    expect(await getBackfill(services, key, call)).toMatchObject({ state: 'running', unlockCount: 0 })
    expect(await record('p0', reach(20n))).toMatchObject({ changed: false, newlyUnlocked: false })
    expect(await record('p1', reach(50n))).toMatchObject({ newlyUnlocked: true })
    expect(await fill()).toBe(1)
    expect(await fill()).toBe(1)
    expect(await progress('p0')).toMatchObject({ state: 'achieved', percent: 100, unlockPrecision: 'exact' })
    expect(await progress('p2')).toMatchObject({ state: 'in_progress', percent: 98 })
    expect(await summary('p0')).toMatchObject({ unlockedCount: 1, score: 10n })
    const done = { state: 'done', playerCount: 2, unlockCount: 1, actor: call.actor }
    expect(await getBackfill(services, key, call)).toMatchObject(done)
    expect(
      (await listBackfills(services, { titleId: key.titleId, pageSize: 1, pageToken: '' }, call)).items,
    ).toMatchObject([done])
    expect((await events('unlocked')).map((event) => event['player_id'])).toEqual(['p3', 'p1', 'p0'])
    expect((await events('unlocked')).at(-1)).toMatchObject({
      reason: 'the definition of goal changed',
      silent: false,
    })
  })

  test('is applied by several workers, in pages, each player once', async () => {
    const { key, update, events, record, summary } = await titleWith({ requirements: counted(100n) })
    const players = Array.from({ length: 450 }, (_, index) => `p${String(index).padStart(3, '0')}`)
    await Promise.all(players.map((player, index) => record(player, reach(index % 3 === 0 ? 10n : 60n))))
    await update({ requirements: counted(50n) }, true)
    const workers = [0, 1, 2].map(() => new BackfillWorker(services, (error) => expect.fail(error.message)))
    for (const worker of workers) worker.start()
    const reports = players.map((player) => record(player, reach(70n)))
    await until(async () => (await getBackfill(services, key, call)).state === 'done')
    const results = await Promise.all(reports)
    await Promise.all(workers.map((worker) => worker.stop()))
    const unlocked = await events('unlocked')
    expect(new Set(unlocked.map((event) => event['player_id'])).size).toBe(450)
    expect(unlocked).toHaveLength(450)
    const { unlockCount } = await getBackfill(services, key, call)
    const byReport = results.filter(({ newlyUnlocked }) => newlyUnlocked).length
    expect(unlockCount + byReport).toBe(450)
    expect(unlocked.filter(({ silent }) => silent)).toHaveLength(unlockCount)
    expect(await summary('p000')).toMatchObject({ unlockedCount: 1, score: 10n })
  })

  test('of a community achievement unlocks it for all', async () => {
    const { key, update, stat, fill, events } = await titleWith({
      participation: 'community',
      requirements: counted(100n, 'kills'),
    })
    await stat('ann', 60)
    await update({ requirements: counted(50n, 'kills') })
    await fill()
    expect(await events('community_unlocked')).toMatchObject([{ player_id: '' }])
    expect(await getBackfill(services, key, call)).toMatchObject({ state: 'done', unlockCount: 1 })
    expect((await stat('ann', 1)).contributions).toEqual([])
  })
})

test('a raised target lowers the percent of reads and lists at once, and unlocks no player', async () => {
  const { key, record, update, progress, fill } = await titleWith({ requirements: counted(100n) })
  await record('ann', reach(80n))
  await record('bob', reach(100n))
  const list = async () =>
    (
      await listProgress(
        services,
        { titleId: key.titleId, playerId: 'ann', view: 'full', states: [], pageSize: 10, pageToken: '' },
        call,
      )
    ).items[0]?.progress
  expect(await list()).toMatchObject({ percent: 80 })
  await update({ requirements: counted(1000n) })
  expect(await progress('ann')).toMatchObject({ percent: 8, state: 'in_progress' })
  expect(await list()).toMatchObject({ percent: 8 })
  expect(await record('ann', reach(79n))).toMatchObject({ changed: false, progress: { percent: 8 } })
  await fill()
  expect(await progress('bob')).toMatchObject({ percent: 100, state: 'achieved' })
  expect(await getBackfill(services, key, call)).toMatchObject({ unlockCount: 0 })
})

describe('an achievement that follows a stat with values', () => {
  test('is unlocked for the players who meet it, with the others as far as they are', async () => {
    const { key, stat, progress } = await titleWith({ id: 'other', requirements: counted(1n, 'kills') })
    await stat('ann', 12)
    await stat('bob', 4)
    const { titleId } = key
    const goal = achievementOf({ id: 'goal', requirements: counted(10n, 'kills') })
    await createAchievement(services, { titleId, achievement: goal, ...once }, call)
    expect(await backfillNext(services, key, call.signal)).toBe(false)
    expect(await getBackfill(services, key, call)).toMatchObject({ playerCount: 2, unlockCount: 1 })
    expect(await progress('ann')).toMatchObject({ state: 'achieved' })
    expect(await progress('bob')).toMatchObject({ state: 'in_progress', percent: 40 })
  })

  test('can be unlocked, and reported besides, before the back-fill', async () => {
    const { key, stat } = await titleWith({ id: 'other', requirements: counted(1n, 'kills') })
    await stat('ann', 12)
    await stat('bob', 12)
    await stat('cat', 2)
    const { titleId } = key
    const requirements = [...counted(10n, 'kills'), requirementOf({ id: 'free' })]
    const goal = achievementOf({ id: 'goal', requirements })
    await createAchievement(services, { titleId, achievement: goal, ...once }, call)
    const report = (playerId: string, report: RecordProgress['report']) =>
      recordProgress(services, { ...key, playerId, report, occurredTime: undefined, ...once }, call)
    expect(await report('ann', { kind: 'unlock' })).toMatchObject({ newlyUnlocked: true, missing: [] })
    expect(await report('bob', { ...reach(3n), requirementId: 'free' })).toMatchObject({
      missing: ['free'],
      progress: { values: { count: 12n, free: 3n }, percent: 65 },
    })
    expect(await report('bob', { ...reach(10n), requirementId: 'free' })).toMatchObject({
      newlyUnlocked: true,
    })
    expect(await report('cat', { ...reach(10n), requirementId: 'free' })).toMatchObject({
      newlyUnlocked: false,
      missing: ['count'],
    })
    await expect(report('cat', { kind: 'unlock' })).rejects.toMatchObject({
      reason: 'REQUIREMENT_FOLLOWS_STAT',
    })
  })
})

test('a requirement that follows another stat drops the values of the old one', async () => {
  const { stat, update, preview, fill, progress } = await titleWith({ requirements: counted(100n, 'kills') })
  await stat('ann', 80)
  const patch = { requirements: counted(50n, 'wins') }
  expect(await preview(patch)).toMatchObject({ unlockCount: 0 })
  await update(patch)
  // A second change before the first was applied still drops them.
  await update({ requirements: counted(40n, 'wins') })
  await fill()
  expect(await progress('ann')).toMatchObject({ state: 'not_started', values: {}, percent: 0 })
})

test('validate_only counts as many unlocks as the back-fill makes, for no player and for a community achievement', async () => {
  const { key, stat, preview, update, fill } = await titleWith({
    participation: 'community',
    requirements: counted(100n, 'kills'),
  })
  await stat('ann', 60)
  expect(await preview({ hidden: true })).toMatchObject({ unlockCount: 0 })
  const patch = { requirements: counted(50n, 'kills') }
  expect(await preview(patch)).toMatchObject({ unlockCount: 1 })
  await update(patch)
  await fill()
  expect(await getBackfill(services, key, call)).toMatchObject({ unlockCount: 1 })
})

test('a stat in flight while an achievement begins to follow it is not lost', async () => {
  const { key, progress } = await titleWith({ id: 'other', requirements: counted(1000n, 'kills') })
  const { titleId } = key
  const blocker = new Client({ connectionString: services.databaseUrl })
  await blocker.connect()
  await blocker.query('begin')
  // The stat's transaction has read the followers and waits to insert the player.
  await blocker.query(
    `insert into players (id, display_name, create_time, update_time) values ('slow', '', 0, 0)`,
  )
  const updates = [{ code: 'kills', operation: 'set', value: 12 }] as const
  const inFlight = recordStats(
    services,
    { titleId, playerId: 'slow', updates, occurredTime: undefined, ...once },
    call,
  )
  await new Promise((resolve) => setTimeout(resolve, 200))
  const goal = achievementOf({ id: 'goal', requirements: counted(10n, 'kills') })
  const created = createAchievement(services, { titleId, achievement: goal, ...once }, call)
  await new Promise((resolve) => setTimeout(resolve, 200))
  await blocker.query('rollback')
  await blocker.end()
  await Promise.all([inFlight, created])
  while (await backfillNext(services, key, call.signal));
  expect(await progress('slow')).toMatchObject({ state: 'achieved' })
})

test('back-fills that fail, more than run at once, delay no other one', async () => {
  const titles = await Promise.all(
    Array.from({ length: 5 }, () => titleWith({ requirements: counted(100n) })),
  )
  titles.sort((left, right) => (left.key.titleId < right.key.titleId ? -1 : 1))
  for (const { record, update } of titles) {
    await record('ann', reach(80n))
    await update({ requirements: counted(50n) })
  }
  const other = titles.at(-1) as (typeof titles)[number]
  const failing = titles.slice(0, -1)
  // Citus refuses triggers otherwise.
  await database.query('set citus.enable_unsafe_triggers = on')
  await database.query(`create function fail() returns trigger language plpgsql
    as $$ begin raise exception 'on purpose'; end $$`)
  await database.query(`create trigger fail before update on player_titles for each row
    when (old.title_id in (${failing.map(({ key }) => `'${key.titleId}'`).join()})) execute function fail()`)
  const errors: string[] = []
  const worker = new BackfillWorker(services, (error) => errors.push(error.message))
  worker.start()
  await until(async () => (await getBackfill(services, other.key, call)).state === 'done')
  await until(async () => errors.length > 0)
  await database.query('drop trigger fail on player_titles')
  for (const { key, summary } of failing) {
    await until(async () => (await getBackfill(services, key, call)).state === 'done')
    expect(await summary('ann')).toMatchObject({ unlockedCount: 1 })
  }
  await worker.stop()
})

test('the next running back-fills are read without the others', async () => {
  const { key } = await titleWith({ requirements: counted(100n) })
  await database.query(
    `insert into achievements (title_id, id, list_order, lifecycle, hidden, tags, stat_codes, score, definition, create_time, update_time)
     select title_id, 'copy-' || n, n, lifecycle, hidden, tags, stat_codes, score, definition, create_time, update_time
     from achievements, generate_series(1000, 1999) n where title_id = $1`,
    [key.titleId],
  )
  await database.query(
    `insert into backfills (title_id, achievement_id, state, silent, reset_requirements, actor, request_id, last_player_id,
       player_count, unlock_count, create_time, update_time)
     select title_id, id, 'running', false, '{}', '', '', '', 0, 0, 0, 0 from achievements where title_id = $1 and id like 'copy-%'`,
    [key.titleId],
  )
  const after = { titleId: key.titleId, achievementId: 'copy-1499' }
  const { result, rowsRead } = await countingRows(services.databaseUrl, ['backfills'], (db) =>
    backfillQueries(db).listRunning(after, 2),
  )
  expect(result.map(({ achievementId }) => achievementId)).toEqual(['copy-1500', 'copy-1501'])
  expect(rowsRead).toBeLessThanOrEqual(3)
  await database.query('delete from backfills where title_id = $1', [key.titleId])
})

test('a change that moves no player has no back-fill', async () => {
  const { key, update } = await titleWith({ requirements: counted(5n) })
  await update({ hidden: true })
  await expect(getBackfill(services, key, call)).rejects.toMatchObject({ reason: 'BACKFILL_NOT_FOUND' })
})
