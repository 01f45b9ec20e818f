import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LaurelError } from '../../../src/model/errors.ts'
import { instantFromMilliseconds } from '../../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { dialects } from '../../../src/registry.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { claimReward } from '../../../src/service/community/community.ts'
import { admitAccount, linkAccount, playerNamedAfter } from '../../../src/service/players/accounts.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import { revokeAchievement } from '../../../src/service/progress/enforcement.ts'
import { batchRecordProgress, recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { Services } from '../../../src/service/services.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { accountsOf, BINDINGS, idsOf } from '../../support/bound-title.ts'
import { exportText, importText } from '../../support/exchange.ts'
import { rowsOfPlayer } from '../../support/player-rows.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, servicesOn, type TestServices } from '../../support/services.ts'

let services: TestServices
/** Another process, with caches of its own. */
let others: Services
let database: pg.Pool
let clock = Date.now()
let count = 0
/** A player of each test, with an account on each platform. */
let playerId: string
let accounts: { dialect: string; id: string }[]
const titleId = 'title'
const [firstDialect = ''] = dialects.keys()
const call = callOf()
const once = { requestId: undefined }
const DELETED = { code: 'failed_precondition', reason: 'PLAYER_DELETED' }

beforeAll(async () => {
  const now = () => instantFromMilliseconds(clock)
  services = await createTestServices({ now })
  others = servicesOn(services.store, { now })
  database = new pg.Pool({ connectionString: services.databaseUrl, max: 2 })
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: BINDINGS, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  const laps = [requirementOf({ statCode: 'laps', target: 5n })]
  for (const achievement of [
    achievementOf({ id: 'plain', ids: idsOf(0) }),
    achievementOf({ id: 'follower', ids: idsOf(1), requirements: laps }),
    achievementOf({ id: 'goal', ids: idsOf(2), participation: 'community', requirements: laps }),
  ]) {
    await createAchievement(services, { titleId, achievement, ...once }, call)
  }
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})
beforeEach(async () => {
  count += 1
  playerId = `player-${count}`
  accounts = Object.entries(accountsOf(count)).map(([dialect, id]) => ({ dialect, id }))
  await create(playerId)
})

const create = (id: string) =>
  createPlayer(services, { player: { id, displayName: '', accounts }, ...once }, call)
const remove = (there: Services = services) =>
  deletePlayer(there, { playerId, etag: undefined, ...once }, call)
const unlock = (there: Services, id = playerId, requestId?: string) =>
  recordProgress(
    there,
    {
      titleId,
      playerId: id,
      achievementId: 'plain',
      occurredTime: undefined,
      requestId,
      report: { kind: 'unlock' },
    },
    call,
  )
const addLaps = (there: Services, id = playerId) =>
  recordStats(
    there,
    {
      titleId,
      playerId: id,
      occurredTime: undefined,
      ...once,
      updates: [{ code: 'laps', operation: 'increment', value: 5 }],
    },
    call,
  )

const rowsOf = (id: string) => rowsOfPlayer(database, id)

const REPORTS: Readonly<Record<string, (there: Services) => Promise<unknown>>> = {
  'the same report with its request id': (there) => unlock(there, playerId, `request-${playerId}`),
  'the same report without a request id': (there) => unlock(there),
  'a report that is rejected for another reason too': (there) =>
    batchRecordProgress(
      there,
      {
        items: [
          {
            titleId,
            playerId,
            achievementId: 'follower',
            occurredTime: undefined,
            ...once,
            report: { kind: 'unlock' },
          },
        ],
      },
      call,
    ).then(([outcome]) => Promise.reject(outcome)),
  'stats, which contribute to a community goal': (there) => addLaps(there),
  'the claim of a reward': (there) =>
    claimReward(there, { titleId, playerId, achievementId: 'goal', ...once }, call),
  'a revocation': (there) =>
    revokeAchievement(there, { titleId, playerId, achievementId: 'plain', reason: '', ...once }, call),
  'a first write of its account': (there) =>
    admitAccount(there, { dialect: firstDialect, id: accountIn(firstDialect) }, call),
  'a report of the player named after its account': (there) =>
    unlock(there, playerNamedAfter({ dialect: firstDialect, id: accountIn(firstDialect) })),
}

const accountIn = (dialect: string) => accounts.find((account) => account.dialect === dialect)?.id ?? ''

describe.each(Object.entries(REPORTS))('%s', (_, report) => {
  test('is refused after the deletion of the player, and accepted after its creation', async () => {
    await unlock(services, playerId, `request-${playerId}`)
    await unlock(others)
    await addLaps(services)
    await remove()
    for (const there of [services, others, services]) {
      await expect(report(there)).rejects.toMatchObject(DELETED)
    }
    expect(await rowsOf(playerId)).toEqual({ events: 1 })
    expect(await rowsOf(playerNamedAfter({ dialect: firstDialect, id: accountIn(firstDialect) }))).toEqual({})
    await create(playerId)
    await report(services).catch((error: LaurelError) => expect(error).not.toMatchObject(DELETED))
  })
})

test('unlocks again for a player that was created again', async () => {
  expect(await unlock(services)).toMatchObject({ newlyUnlocked: true })
  await remove()
  await create(playerId)
  expect(await unlock(services)).toMatchObject({ newlyUnlocked: true })
  expect(await unlock(others)).toMatchObject({ newlyUnlocked: false, alreadyUnlocked: true })
})

test('accepts reports of an account that is linked to another player', async () => {
  await remove()
  const account = accounts[0] as (typeof accounts)[number]
  const heir = `heir-${count}`
  await createPlayer(services, { player: { id: heir, displayName: '', accounts: [] }, ...once }, call)
  await linkAccount(services, { playerId: heir, account, ...once }, call)
  expect(await admitAccount(services, account, call)).toEqual({ playerId: heir })
  const other = accounts[1] as (typeof accounts)[number]
  await expect(admitAccount(services, other, call)).rejects.toMatchObject(DELETED)
})

test('does not accept reports of the deleted player when its account is linked to another one', async () => {
  await remove()
  const account = { dialect: firstDialect, id: accountsOf(7_000 + count)[firstDialect] ?? '' }
  ;({ playerId } = await admitAccount(services, account, call))
  await remove()
  accounts = [account]
  await create(`heir-${count}`)
  expect(await admitAccount(services, account, call)).toEqual({ playerId: `heir-${count}` })
  await expect(unlock(services)).rejects.toMatchObject(DELETED)
})

test('fails only the items of a deleted player in a batch', async () => {
  await remove()
  const item = (id: string, achievementId: string) => ({
    titleId,
    playerId: id,
    achievementId,
    occurredTime: undefined,
    ...once,
    report: { kind: 'unlock' } as const,
  })
  for (const there of [services, others]) {
    const items = [
      item(`new-${count}`, 'plain'),
      item(playerId, 'plain'),
      item('known', 'plain'),
      item(playerId, 'none'),
    ]
    expect(await batchRecordProgress(there, { items }, call)).toMatchObject([
      { progress: { state: 'achieved' } },
      DELETED,
      { progress: { state: 'achieved' } },
      { reason: 'ACHIEVEMENT_NOT_FOUND' },
    ])
  }
})

test('leaves no player behind when the definition of a first report changes at the same time', async () => {
  await unlock(services)
  await database.query('update achievements set revision = revision + 1')
  const blocked = await database.connect()
  await blocked.query('begin')
  await blocked.query(`select from achievements where id = 'plain' for update`)
  // On a cluster, the copies of all nodes.
  await blocked.query(`update achievements set revision = revision where id = 'plain'`)
  const newcomer = `newcomer-${count}`
  const report = unlock(services, newcomer)
  const { locked } = services.progressWriter.counts
  while (services.progressWriter.counts.locked === locked)
    await new Promise((resolve) => setTimeout(resolve, 5))
  expect(await rowsOf(newcomer)).toEqual({})
  await blocked.query('commit')
  blocked.release()
  expect(await report).toMatchObject({ newlyUnlocked: true })
})

describe.each([...dialects.keys()])('an import of %s', (dialect) => {
  test('fails the entries of a deleted player alone', async () => {
    const living = `living-${count}-${dialect}`
    const account = { dialect, id: accountsOf(5_000 + count)[dialect] ?? '' }
    await createPlayer(
      services,
      { player: { id: living, displayName: '', accounts: [account] }, ...once },
      call,
    )
    for (const id of [playerId, living]) await unlock(services, id)
    const { text } = await exportText(services, dialect, titleId, { playerId })
    const both = await exportText(services, dialect, titleId, { playerId: living })
    await remove()
    const ofDeleted = await importText(services, dialect, text, { titleId, playerId })
    const ofAccount = await importText(services, dialect, text, { titleId, playerId: undefined })
    const ofKept = await importText(services, dialect, both.text, { titleId, playerId: living })
    expect(ofDeleted.outcomes.map(({ error }) => error?.reason)).toContain('PLAYER_DELETED')
    expect(ofAccount.outcomes.map(({ kind }) => kind)).not.toContain('replaced')
    expect(ofKept.outcomes.map(({ error }) => error?.reason)).not.toContain('PLAYER_DELETED')
    expect(await rowsOf(playerId)).toEqual({ events: 1 })
  })
})

test('purges a tombstone when reports may no longer be back-dated to it', async () => {
  await unlock(services)
  await remove()
  const purge = () =>
    services.store.write(NEVER_ABORTED, (queries) =>
      queries.tombstones.purgeBefore(
        services.now() - BigInt(services.settings.timeBounds.maxBackdateSeconds) * 10_000_000n,
      ),
    )
  await purge()
  await expect(unlock(services)).rejects.toMatchObject(DELETED)
  clock += 1000 * (services.settings.timeBounds.maxBackdateSeconds + 1)
  await purge()
  expect(await unlock(services)).toMatchObject({ newlyUnlocked: true })
  const { rowCount } = await database.query('select from player_tombstones')
  expect(rowCount).toBe(0)
})

test('keeps no id in the tombstone', async () => {
  await remove()
  const { rows } = await database.query('select * from player_tombstones')
  expect(rows.length).toBeGreaterThan(accounts.length)
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(['digest', 'create_time'])
    expect(row.digest).toHaveLength(32)
  }
})
