import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { instantFromMilliseconds } from '../../../src/model/instant.ts'
import { dialects } from '../../../src/registry.ts'
import { accountsOf } from '../../support/bound-title.ts'
import { exportText, importText } from '../../support/exchange.ts'
import { MERGER, MergedTitle } from '../../support/merged-title.ts'
import { createTestServices, servicesOn, type TestServices } from '../../support/services.ts'

let services: TestServices
let database: pg.Pool
const clock = Date.now()
let count = 0
let playerId: string
let absorbedPlayerId: string
let title: MergedTitle
/** Another process, with caches of its own. */
let elsewhere: MergedTitle
const titleId = 'title'
const [firstDialect = ''] = dialects.keys()
const call = MERGER
const once = { requestId: undefined }

beforeAll(async () => {
  services = await createTestServices({ now: () => instantFromMilliseconds(clock) })
  database = new pg.Pool({ connectionString: services.databaseUrl, max: 2 })
  title = new MergedTitle(services, titleId)
  await title.create(true)
  elsewhere = title.through(servicesOn(services.store, { now: services.now }))
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})
beforeEach(() => {
  count += 1
  playerId = `player-${count}`
  absorbedPlayerId = `absorbed-${count}`
})

const merge = (parts: object = {}) =>
  title.operations.mergePlayers({ playerId, absorbedPlayerId, reason: 'one person', ...once, ...parts }, call)

const eventsOf = async (id: string) =>
  (
    await database.query(
      'select achievement_id, kind, actor, reason from events where player_id = $1 order by id',
      [id],
    )
  ).rows

test('moves accounts, and the absorbed id names the surviving player in every call', async () => {
  const accounts = Object.entries(accountsOf(count)).map(([dialect, id]) => ({ dialect, id }))
  await title.createPlayer(playerId)
  await title.createPlayer(absorbedPlayerId, accounts)
  await title.unlock(absorbedPlayerId)
  await title.setStat(absorbedPlayerId, 'rank', 2)
  await merge()
  const id = absorbedPlayerId
  for (const there of [title, elsewhere]) {
    expect(await there.operations.getPlayer({ playerId: id }, call)).toMatchObject({
      id: playerId,
      accounts: expect.anything(),
    })
    for (const account of accounts)
      expect(await there.operations.playerOfAccount(account, call)).toEqual({ playerId, linked: true })
    expect(await there.operations.getProgress(title.key(id, 'plain'), call)).toMatchObject({
      playerId,
      progress: { state: 'achieved' },
    })
    expect(await there.operations.getPlayerSummary({ titleId, playerId: id }, call)).toMatchObject({
      playerId,
      unlockedCount: 1,
    })
    const list = { titleId, playerId: id, view: 'full', states: [], pageToken: undefined } as const
    const { items } = await there.operations.listProgress({ ...list, pageSize: undefined }, call)
    expect(items[0]).toMatchObject({ progress: { state: 'achieved' } })
    const first = await there.operations.listProgress({ ...list, pageSize: 1 }, call)
    const next = await there.operations.listProgress(
      { ...list, pageSize: 1, pageToken: first.nextPageToken },
      call,
    )
    expect(next.items.map(({ achievement }) => achievement.id)).toEqual(['counted'])
    expect(await there.operations.listStatValues({ titleId, playerId: id }, call)).toMatchObject([
      { code: 'rank', value: 2 },
    ])
    expect(await there.unlock(id)).toMatchObject({
      playerId,
      alreadyUnlocked: true,
      newlyUnlocked: false,
    })
  }
  expect(await elsewhere.unlock(id, 'pair')).toMatchObject({ playerId, newlyUnlocked: true })
  expect(await title.setStat(id, 'rank', 5)).toMatchObject({ values: [{ code: 'rank', value: 5 }] })
  const item = (of: string) => ({
    ...title.key(of, 'pair'),
    occurredTime: undefined,
    ...once,
    report: { kind: 'unlock' } as const,
  })
  const items = [item(id), item(playerId), item(`new-${count}`)]
  expect(await elsewhere.operations.batchRecordProgress({ items }, call)).toMatchObject([
    { playerId, alreadyUnlocked: true },
    { playerId, alreadyUnlocked: true },
    { playerId: `new-${count}`, newlyUnlocked: true },
  ])
  await title.operations.revokeAchievement({ ...title.key(id, 'pair'), reason: 'x', ...once }, call)
  expect(await title.progressOf(playerId, 'pair')).toMatchObject({ revoked: true })
  const exported = await exportText(services, firstDialect, titleId, { playerId: id })
  expect(exported.text).toContain('plain')
  const imported = await importText(services, firstDialect, exported.text, { titleId, playerId: id })
  expect(imported.outcomes.map(({ error }) => error?.reason)).not.toContain('PLAYER_MERGED')
  await expect(title.createPlayer(id)).rejects.toMatchObject({ reason: 'PLAYER_EXISTS' })
  const { rowCount } = await database.query('select from players where id = $1', [id])
  expect(rowCount).toBe(0)
})

test('is idempotent, with and without a request id, and follows chains', async () => {
  for (const id of [playerId, absorbedPlayerId]) await title.setStat(id, 'laps', 2)
  const request = { requestId: `merge-${count}` }
  const first = await merge(request)
  expect(await merge(request)).toEqual(first)
  expect(await merge()).toEqual(first)
  expect(await title.valuesOf(playerId)).toEqual({ laps: 4 })
  const last = `last-${count}`
  await title.unlock(last)
  await merge({ playerId: last, absorbedPlayerId: playerId })
  expect(await title.operations.getPlayer({ playerId: absorbedPlayerId }, call)).toMatchObject({ id: last })
  const { rows } = await database.query(
    'select id, player_id, actor, reason from player_aliases where player_id = $1',
    [last],
  )
  expect(rows).toHaveLength(2)
  expect(rows[0]).toMatchObject({ player_id: last, actor: 'support', reason: 'one person' })
})

test('a retry of a report from before the merge returns its first response', async () => {
  await title.unlock(playerId, 'counted')
  const requestId = `before-${count}`
  const first = await title.unlock(absorbedPlayerId, 'plain', requestId)
  const stats = await title.setStat(absorbedPlayerId, 'laps', 3, `stats-${count}`)
  await merge()
  for (const there of [title, elsewhere]) {
    expect(await there.unlock(absorbedPlayerId, 'plain', requestId)).toMatchObject({
      newlyUnlocked: first.newlyUnlocked,
      playerId,
    })
    expect(await there.setStat(absorbedPlayerId, 'laps', 3, `stats-${count}`)).toEqual(stats)
  }
  expect(await title.valuesOf(playerId)).toEqual({ laps: 3 })
})

test('events report the changes with actor and reason, and the merge itself', async () => {
  for (const id of [playerId, absorbedPlayerId]) await title.unlock(id, 'counted')
  await title.unlock(absorbedPlayerId)
  await title.unlock(playerId, 'pair')
  await merge()
  const by = { actor: 'support', reason: 'one person' }
  expect(await eventsOf(playerId)).toMatchObject([
    { achievement_id: 'counted', kind: 'unlocked' },
    { achievement_id: 'pair', kind: 'unlocked' },
    { achievement_id: 'plain', kind: 'unlocked', ...by },
  ])
  expect((await eventsOf(absorbedPlayerId)).at(-1)).toEqual({
    achievement_id: '',
    kind: 'player_merged',
    ...by,
  })
})

test('a deletion of the surviving player deletes the absorbed one too', async () => {
  await title.unlock(absorbedPlayerId)
  await title.unlock(playerId)
  await merge()
  await title.operations.deletePlayer({ playerId: absorbedPlayerId, etag: undefined, ...once }, call)
  for (const id of [playerId, absorbedPlayerId]) {
    await expect(title.unlock(id)).rejects.toMatchObject({ reason: 'PLAYER_DELETED' })
    expect((await eventsOf(id)).map(({ kind }) => kind)).toEqual(['player_deleted'])
  }
  const { rowCount } = await database.query('select from player_aliases where id = $1', [absorbedPlayerId])
  expect(rowCount).toBe(0)
})

test('reports on the absorbed player that race the merge are neither lost nor unlocked twice', async () => {
  for (let round = 0; round < 40; round += 1) {
    ;[playerId, absorbedPlayerId] = [`survivor-${round}`, `raced-${round}`]
    if (round % 2 === 0) await title.unlock(playerId, 'counted')
    else await title.createPlayer(playerId)
    await title.setStat(absorbedPlayerId, 'laps', 1)
    let isMerged = false
    let laps = 1
    const unlocked: boolean[] = []
    const reporter = async (there: MergedTitle, index: number) => {
      for (let isLate = false; !isLate; ) {
        isLate = isMerged
        const id = index === 0 ? playerId : absorbedPlayerId
        const { newlyUnlocked } = await there.unlock(id)
        unlocked.push(newlyUnlocked)
        if (laps < 60) {
          laps += 1
          await there.setStat(absorbedPlayerId, 'laps', 1)
        }
      }
    }
    const reporters = Array.from({ length: 5 }, (_, index) =>
      reporter(index % 2 === 0 ? title : elsewhere, index),
    )
    await new Promise((resolve) => setTimeout(resolve, round % 5))
    await merge()
    isMerged = true
    await Promise.all(reporters)
    expect(await title.valuesOf(playerId)).toEqual({ laps })
    // The players were two until the merge: each may have unlocked once.
    expect(unlocked.filter(Boolean).length).toBeLessThanOrEqual(2)
    expect(await title.progressOf(playerId, 'plain')).toMatchObject({ state: 'achieved' })
    const { rows } = await database.query(
      `select (select count(*) from events where player_id = $1 and achievement_id = 'plain' and kind = 'unlocked') as unlocks,
         (select count(*) from players where id = $2) as absorbed`,
      [playerId, absorbedPlayerId],
    )
    expect(rows).toEqual([{ unlocks: '1', absorbed: '0' }])
  }
})
