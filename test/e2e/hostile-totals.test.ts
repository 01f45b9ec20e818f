import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaurelError } from '../../src/model/errors.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../src/service/achievements/delete-achievement.ts'
import { updateAchievement } from '../../src/service/achievements/update-achievement.ts'
import { importAchievements } from '../../src/service/exchange/import-document.ts'
import { createPlayer, deletePlayer } from '../../src/service/players/players.ts'
import { resetProgress, revokeAchievement } from '../../src/service/progress/enforcement.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { COMBINED, codeOf, type EntryParts, entryOf } from '../support/documents.ts'
import { achievementOf, gamerscore } from '../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

const titleId = 'storm'
const call = callOf()
const requestId = undefined
let services: TestServices
let database: Client

beforeAll(async () => {
  services = await createTestServices()
  database = new Client({ connectionString: services.databaseUrl })
  await database.connect()
  const title = { id: titleId, displayName: '', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId }, call)
  for (const id of ['a', 'b', 'c']) await create(id)
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})

function create(id: string) {
  const achievement = achievementOf({ id, rewards: gamerscore(10) })
  return createAchievement(services, { titleId, achievement, requestId }, call)
}

function unlock(playerId: string, achievementId: string) {
  const report = { kind: 'unlock' } as const
  const request = { titleId, playerId, achievementId, report, occurredTime: undefined, requestId }
  return recordProgress(services, request, call)
}

async function importEntry(parts: EntryParts, playerId: string, into = titleId): Promise<void> {
  const options = {
    dialect: COMBINED,
    titleId: into,
    strategy: 'replace',
    dryRun: false,
    playerId,
    mapping: {},
    allowRebinding: false,
    locale: undefined,
    lossPolicy: 'report',
  } as const
  async function* content() {
    yield Buffer.from(JSON.stringify(entryOf(COMBINED, parts)))
  }
  for await (const { summary } of importAchievements(services, options, content(), call)) {
    if (summary !== undefined) expect(summary).toMatchObject({ entryCount: 1, failedCount: 0 })
  }
}

/** Returns the player titles whose totals differ from a recount of their progress. */
async function findWrongTotals(): Promise<unknown[]> {
  const { rows } = await database.query(`
    select s.player_id, s.unlocked_count, s.score, s.last_unlock_time, counted.*
    from player_titles s left join lateral (
      select count(*) as unlocked, coalesce(sum(a.score), 0) as worth, max(p.unlock_time) as last
      from progress p join achievements a on a.title_id = p.title_id and a.id = p.achievement_id
      where p.player_id = s.player_id and p.title_id = s.title_id and p.state = 'achieved' and not p.revoked
    ) counted on true
    where s.unlocked_count <> counted.unlocked or s.score <> counted.worth
      or s.last_unlock_time is distinct from counted.last`)
  return rows
}

async function scoreOf(playerId: string): Promise<number> {
  const statement = 'select score::int from player_titles where player_id = $1'
  return (await database.query(statement, [playerId])).rows[0]?.score
}

test('concurrent imports that create the same title all succeed', async () => {
  const binding = fixturesOf(COMBINED).binding(2)
  await Promise.all(
    Array.from({ length: 4 }, (_, index) => importEntry({ binding }, `p${index}`, 'made-at-once')),
  )
  const { rows } = await database.query(`select id from achievements where title_id = 'made-at-once'`)
  expect(rows).toEqual([{ id: codeOf(COMBINED, 1) }])
})

test('an import does not overwrite an achievement whose id it would assign', async () => {
  const taken = `${COMBINED}-${codeOf(COMBINED, 5)}`
  for (const id of [codeOf(COMBINED, 5), taken]) await create(id)
  await expect(importEntry({ number: 5 }, 'someone')).rejects.toThrow('failedCount')
  const { rows } = await database.query(
    `select definition->'name'->>'text' as name from achievements
    where title_id = $1 and id = $2`,
    [titleId, taken],
  )
  expect(rows).toEqual([{ name: taken }])
})

test('totals follow an import that changes the reward of an achievement', async () => {
  for (const score of [10, 50]) {
    const achievement = { rewards: gamerscore(score) }
    await importEntry({ number: 7, achievement, progress: { percent: 100 } }, 'importer')
    expect(await scoreOf('importer')).toBe(score)
  }
  expect(await findWrongTotals()).toEqual([])
})

test('a forced delete corrects the last unlock time, and writes an event for each deleted progress', async () => {
  await unlock('last', 'a')
  await create('latest')
  await unlock('last', 'latest')
  const name = { titleId, achievementId: 'latest', etag: undefined, requestId }
  await deleteAchievement(services, { ...name, force: true }, call)
  expect(await findWrongTotals()).toEqual([])
  const { rows } = await database.query(
    `select kind, state from events where player_id = 'last' and achievement_id = 'latest' order by id`,
  )
  expect(rows).toEqual([
    { kind: 'unlocked', state: 'achieved' },
    { kind: 'reset', state: 'not_started' },
  ])
})

test('totals and events stay right under concurrent reports, updates and deletes', async () => {
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(Math.random() * items.length)] as Item
  const operations = [
    (playerId: string, achievementId: string) => unlock(playerId, achievementId),
    (playerId: string, achievementId: string) =>
      resetProgress(services, { titleId, playerId, achievementId, reason: '', requestId }, call),
    (playerId: string, achievementId: string) =>
      revokeAchievement(services, { titleId, playerId, achievementId, reason: '', requestId }, call),
    (_: string, achievementId: string) => {
      const patch = { rewards: gamerscore(pick([5, 10, 20])) }
      return updateAchievement(services, { titleId, achievementId, etag: undefined, patch, requestId }, call)
    },
    async (_: string, achievementId: string) => {
      await deleteAchievement(
        services,
        { titleId, achievementId, etag: undefined, force: true, requestId },
        call,
      )
      return create(achievementId)
    },
    (playerId: string) => deletePlayer(services, { playerId, etag: undefined, requestId }, call),
    (id: string) =>
      createPlayer(services, { player: { id, displayName: '', accounts: [] }, requestId }, call),
  ]
  const failures: unknown[] = []
  const worker = async () => {
    for (let count = 0; count < 40; count += 1) {
      await pick(operations)(pick(['p', 'q']), pick(['a', 'b', 'c'])).catch((error: unknown) => {
        if (!(error instanceof LaurelError)) failures.push(error)
      })
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  expect(failures).toEqual([])
  expect(await findWrongTotals()).toEqual([])
  const { rows } = await database.query(`
    select last.player_id, last.achievement_id, last.state, p.state as stored
    from (select distinct on (player_id, achievement_id) * from events order by player_id, achievement_id, id desc) last
    full join progress p on p.player_id = last.player_id and p.achievement_id = last.achievement_id
    where coalesce(p.state, 'not_started') is distinct from last.state`)
  expect(rows).toEqual([])
})
