import '../support/toy-listed.ts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Achievement } from '../../src/model/achievement.ts'
import { percentOf } from '../../src/model/percent.ts'
import { bridges, sources } from '../../src/registry.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import { recordStats } from '../../src/service/stats/stat-values.ts'
import { createStat } from '../../src/service/stats/stats.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { accountsOf, BINDINGS, createKnownPlayers, idsOf } from '../support/bound-title.ts'
import { changeOf } from '../support/changes.ts'
import { fixtures } from '../support/dialect-fixtures.ts'
import { adapterOf, showsProgress } from '../support/documents.ts'
import { deliver, progressShownBy } from '../support/platform-client.ts'
import { achievementOf, requirementOf } from '../support/records.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

/* Each platform's gateway is written as its bridge does it, and read as its source does it. */

const titleId = 'across'
const call = callOf()
/** One for each platform. */
const plain = [...bridges.keys()].map((dialect, index) =>
  achievementOf({ id: `plain-${dialect}`, ids: idsOf(10 + index) }),
)
const thirds = achievementOf({ id: 'thirds', ids: idsOf(1), requirements: [requirementOf({ target: 3n })] })
const tally = achievementOf({ id: 'tally', ids: idsOf(3), requirements: [requirementOf()] })
const hunter = achievementOf({
  id: 'hunter',
  ids: idsOf(2),
  requirements: [requirementOf({ statCode: 'kills', target: 8, valueType: 'double' })],
})
/** The platforms that a bridge reports a percent to. */
const PARTIAL = [...fixtures]
  .filter(([, { bridge }]) => bridge?.progressed[2] === 'delivered')
  .map(([id]) => id)

let services: TestServices
let server: ServerProcess

beforeAll(async () => {
  services = await createTestServices()
  server = await startServerProcess({ databaseUrl: services.databaseUrl, withToy: true })
  const title = { id: titleId, displayName: '', defaultLocale: 'en', bindings: BINDINGS, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false } as const
  const kills = { titleId, code: 'kills', displayName: '', setBy: 'server', extensions: {} } as const
  await createStat(services, { stat: { ...kills, ...bounds }, requestId: undefined }, call)
  for (const achievement of [...plain, thirds, tally, hunter])
    await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
  await createKnownPlayers(services, 3)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

// Each test has a player of its own, because platforms limit the rate of each.
let number = -1
beforeEach(() => {
  number += 1
})
const playerId = () => `player-${number}`
const targetOf = (dialect: string) => ({
  titleId,
  binding: BINDINGS[dialect] ?? {},
  account: accountsOf(number)[dialect] ?? '',
})

async function report(dialect: string, ...said: Parameters<typeof changeOf>): Promise<void> {
  const outcomes = await deliver(server.url, dialect, targetOf(dialect), [changeOf(...said)])
  expect([dialect, ...outcomes]).toEqual([dialect, 'delivered'])
}

/** Returns the progress that every platform shows; a platform may leave out an achievement without progress. */
async function shown(...achievements: readonly Achievement[]) {
  const all = [...sources.keys()].filter(showsProgress).map(async (dialect) => {
    const rows = await progressShownBy(server.url, dialect, targetOf(dialect))
    return achievements.map((achievement) => {
      const name = adapterOf(dialect).hasCodes ? achievement.id : achievement.ids[dialect]
      const found = rows.find(({ achievementId }) => achievementId === name)
      const { state = 'not_started', percent = 0, values = {}, unlockTime } = found ?? {}
      // A platform shows a percent, or a count whose goal stands in the definition.
      const [{ id = '' } = {}] = achievement.requirements
      const counted = { [id]: Object.values(values)[0] ?? 0n }
      const computed = percentOf(achievement, { state, values: counted, reportedPercent: 0 })
      // Each writes an instant with its own number of digits.
      return { state, percent: percent || computed, unlockTime: unlockTime && unlockTime / 10_000n }
    })
  })
  const [first = [], ...others] = await Promise.all(all)
  expect(others.length).toBeGreaterThan(1)
  expect(others).toEqual(others.map(() => first))
  return first
}

const notStarted = { state: 'not_started', percent: 0, unlockTime: undefined }
const inProgress = (percent: number) => ({ ...notStarted, state: 'in_progress', percent })
const achieved = { state: 'achieved', percent: 100, unlockTime: expect.any(BigInt) }

test('progress that one platform reports is shown by all others at once', async () => {
  const report29 = { kind: 'percent', percent: 29 } as const
  const key = { titleId, playerId: playerId(), achievementId: 'thirds', report: report29 }
  await recordProgress(services, { ...key, occurredTime: undefined, requestId: undefined }, call)
  // Read back as the same percent, whole or not.
  expect(await shown(thirds)).toEqual([inProgress(29)])
  expect(PARTIAL.length).toBeGreaterThan(1)
  for (const [index, dialect] of PARTIAL.entries()) {
    const percent = 40 + 10 * index
    await report(dialect, tally, { percent })
    // A lower report changes nothing.
    for (const other of PARTIAL) await report(other, tally, { percent: 30 })
    expect(await shown(tally)).toEqual([inProgress(percent)])
  }
  await report(PARTIAL[0] as string, tally, { kind: 'unlocked' })
  expect(await shown(tally)).toEqual([achieved])
})

test('an unlock of one platform is an unlock of all, at the same time, once, until it is reset', async () => {
  const platforms = [...bridges.keys()]
  for (const [index, dialect] of platforms.entries())
    await report(dialect, plain[index] as Achievement, { kind: 'unlocked' })
  const before = await shown(...plain)
  expect(before).toEqual(plain.map(() => achieved))
  const again = platforms.flatMap((each) => plain.map((one) => report(each, one, { kind: 'unlocked' })))
  await Promise.all(again)
  expect(await shown(...plain)).toEqual(before)
  const { id: resetting } = adapterOf(({ bridge }) => bridge?.kinds.includes('reset') === true)
  await report(resetting, plain[0] as Achievement, { kind: 'reset' })
  expect(await shown(...plain)).toEqual([notStarted, ...before.slice(1)])
})

test('a stat moves the achievement on all', async () => {
  const set = (value: number) => {
    const updates = [{ code: 'kills', operation: 'set', value }] as const
    const key = { titleId, playerId: playerId(), occurredTime: undefined, requestId: undefined }
    return recordStats(services, { ...key, updates }, call)
  }
  await set(5.5)
  expect(await shown(hunter)).toEqual([inProgress(68)])
  await set(2)
  expect(await shown(hunter)).toEqual([inProgress(68)])
  await set(9)
  expect(await shown(hunter)).toEqual([achieved])
})
