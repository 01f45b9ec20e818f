import '../support/toy-listed.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BridgeChange } from '../../src/dialect/bridge.ts'
import { bridges } from '../../src/registry.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createPlayer } from '../../src/service/players/players.ts'
import { getProgress } from '../../src/service/progress/get-progress.ts'
import { createStat } from '../../src/service/stats/stats.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { BINDINGS, idsOf } from '../support/bound-title.ts'
import { changeOf } from '../support/changes.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { deliver } from '../support/platform-client.ts'
import { achievementOf, requirementOf } from '../support/records.ts'
import { startServerProcess } from '../support/server.ts'
import { callOf, createTestServices } from '../support/services.ts'

/* Laurel accepts the requests of each bridge: its gateway of the dialect receives them. */

const titleId = 'harbor-lights'
const miles = requirementOf({ id: 'goal', statCode: 'miles', target: 100.5, valueType: 'double' })
const wins = requirementOf({ id: 'wins', statCode: 'wins', target: 3n })

const lamp = { id: 'lamp', ids: idsOf(0) }
const unusual = { id: 'a/b ünüsual %2F?', ids: idsOf(1) }
const tally = { id: 'tally', ids: idsOf(2), requirements: [requirementOf({})] }
const sea = { id: 'sea', ids: idsOf(3), requirements: [miles] }
const many = { id: 'many', ids: idsOf(4), requirements: [wins, requirementOf({ id: 'own' })] }

let services: Awaited<ReturnType<typeof createTestServices>>
let server: Awaited<ReturnType<typeof startServerProcess>>

beforeAll(async () => {
  services = await createTestServices()
  server = await startServerProcess({ databaseUrl: services.databaseUrl, withToy: true })
  const title = { id: titleId, displayName: '', defaultLocale: 'en', bindings: BINDINGS, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: true } as const
  for (const code of ['miles', 'wins']) {
    const stat = { titleId, code, displayName: '', setBy: 'server', extensions: {}, ...bounds } as const
    await createStat(services, { stat, requestId: undefined }, callOf())
  }
  for (const parts of [lamp, unusual, tally, sea, many]) {
    const achievement = achievementOf(parts)
    await createAchievement(services, { titleId, achievement, requestId: undefined }, callOf())
  }
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

async function player(dialect: string, id: string): Promise<string> {
  const account = { id: `${dialect}-${id}`, displayName: '', accounts: [{ dialect, id }] }
  await createPlayer(services, { player: account, requestId: undefined }, callOf())
  return account.id
}

async function percentsOf(playerId: string) {
  const all = [lamp, unusual, tally, sea, many].map(async ({ id }) => {
    const { progress } = await getProgress(services, { titleId, playerId, achievementId: id }, callOf())
    return progress.percent
  })
  return Promise.all(all)
}

const unlocked = { kind: 'unlocked' } as const
const progressed = [
  changeOf(lamp, { percent: 40 }),
  changeOf(unusual, { percent: 29 }),
  changeOf(tally, { percent: 30 }, { values: { count: 3n } }),
  changeOf(sea, { percent: 12 }, { values: { goal: 12.25 } }),
  changeOf(many, { percent: 33 }, { values: { wins: 2n } }),
]
const finished = [lamp, unusual, tally, sea, many].map((parts) => changeOf(parts, unlocked))

describe.each([...bridges.keys()])('a Laurel accepts what the bridge to %s sends', (dialect) => {
  test('and delivers every change that this platform has a request for', async () => {
    const expected = fixturesOf(dialect).bridge
    if (expected === undefined) throw new Error(`the fixtures of ${dialect} say nothing of its bridge`)
    const account = expected.account ?? fixturesOf(dialect).account(1)
    const playerId = await player(dialect, account)
    const target = { titleId, binding: BINDINGS[dialect] ?? {}, account }
    const send = (changes: readonly BridgeChange[]) => deliver(server.url, dialect, target, changes)
    const unlocks = expected.unlocked.map((outcome) => (outcome === 'delivered' ? 100 : 0))
    expect(await send(progressed)).toEqual(expected.progressed)
    expect(await percentsOf(playerId)).toEqual(expected.percents)
    expect(await send(finished)).toEqual(expected.unlocked)
    expect(await percentsOf(playerId)).toEqual(unlocks)
    expect(await send([...progressed, ...finished])).toEqual([...expected.progressed, ...expected.unlocked])
    if (!bridges.get(dialect)?.kinds.includes('reset')) return
    const reset = [lamp, sea].map((parts) => changeOf(parts, { kind: 'reset' }))
    expect(await send([...reset, changeOf(lamp, unlocked)])).toEqual(['delivered', 'delivered', 'delivered'])
    expect(await percentsOf(playerId)).toEqual([100, ...unlocks.slice(1, 3), 0, unlocks[4]])
  })

  test('and an achievement that does not exist is refused, alone where the platform answers for each', async () => {
    const account = fixturesOf(dialect).account(2)
    const playerId = await player(dialect, account)
    const number = fixturesOf(dialect).achievementId(9)
    const unknown = { id: 'nothing', ids: number === undefined ? {} : { [dialect]: number } }
    const changes = [lamp, unknown, tally].map((parts) => changeOf(parts, unlocked))
    const target = { titleId, binding: BINDINGS[dialect] ?? {}, account }
    const outcomes = await deliver(server.url, dialect, target, changes)
    const refused = outcomes.map((outcome) => outcome !== 'delivered')
    const expected = fixturesOf(dialect).bridge?.answersEach ? [false, true, false] : [true, true, true]
    expect(refused).toEqual(expected)
    expect(outcomes).not.toContain('retry')
    const percents = [lamp, tally].map((_, index) => (expected[index * 2] ? 0 : 100))
    expect(await percentsOf(playerId)).toEqual([percents[0], 0, percents[1], 0, 0])
  })
})
