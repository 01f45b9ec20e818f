import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BridgeChange, type BridgeRequest, verdictOf } from '../../src/dialect/bridge.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import { bridges } from '../../src/registry.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createPlayer } from '../../src/service/players/players.ts'
import { getProgress } from '../../src/service/progress/get-progress.ts'
import { createStat } from '../../src/service/stats/create-stat.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { changeOf } from '../support/changes.ts'
import { achievementOf, requirementOf } from '../support/records.ts'
import { startServer } from '../support/server.ts'
import { callOf, createTestServices } from '../support/services.ts'

/* What the bridges send, a Laurel takes: each platform's gateway is the other end. */

const titleId = 'harbor-lights'
const bindings = {
  accelbyte: { namespace: 'harbor' },
  discord: { application_id: '498112233445566778' },
  xbox: { service_config_id: '00000000-0000-0000-0000-00007f3c91a2', title_id: '2134675874' },
}

const ids = (number: number) => ({ discord: `${10n ** 17n + BigInt(number)}`, xbox: String(number) })
const miles = requirementOf({ id: 'goal', statCode: 'miles', target: 100.5, valueType: 'double' })
const wins = requirementOf({ id: 'wins', statCode: 'wins', target: 3n })

const lamp = { id: 'lamp', ids: ids(1) }
const odd = { id: 'a/b ünüsual %2F?', ids: ids(2) }
const tally = { id: 'tally', ids: ids(3), requirements: [requirementOf({})] }
const sea = { id: 'sea', ids: ids(4), requirements: [miles] }
const many = { id: 'many', ids: ids(5), requirements: [wins, requirementOf({ id: 'own' })] }

let services: Awaited<ReturnType<typeof createTestServices>>
let server: Awaited<ReturnType<typeof startServer>>

beforeAll(async () => {
  services = await createTestServices()
  server = await startServer({ databaseUrl: services.databaseUrl })
  const title = { id: titleId, displayName: '', defaultLocale: 'en', bindings, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: true } as const
  for (const code of ['miles', 'wins']) {
    const stat = { titleId, code, displayName: '', setBy: 'server', extensions: {}, ...bounds } as const
    await createStat(services, { stat, requestId: undefined }, callOf())
  }
  for (const parts of [lamp, odd, tally, sea, many]) {
    const achievement = achievementOf(parts)
    await createAchievement(services, { titleId, achievement, requestId: undefined }, callOf())
  }
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

/** As the relay does it, once and without a limit. */
async function deliver(
  dialect: keyof typeof bindings,
  below: string,
  account: string,
  changes: readonly BridgeChange[],
) {
  const bridge = bridges.get(dialect)
  if (bridge === undefined) throw new Error(`no bridge to ${dialect}`)
  const send = async ({ method, path, headers, body }: BridgeRequest) => {
    const response = await fetch(`${server.url}${below}${path}`, {
      method,
      headers: { ...headers, authorization: `Bot ${randomUUID()}` },
      body: body === undefined ? null : formatJson(body),
    })
    return { status: response.status, body: await response.text() }
  }
  const target = { titleId, binding: bindings[dialect], account }
  const { requests, unsupported } = bridge.plan(changes, target)
  const told = new Map(unsupported.map(({ change }) => [change, 'unsupported']))
  for (const request of requests) {
    if (request.before !== undefined) await send(request.before)
    const answer = await send(request)
    const verdicts = bridge.interpret?.(request, answer) ?? request.covers.map(() => verdictOf(answer.status))
    for (const [index, change] of request.covers.entries()) told.set(change, verdicts[index]?.kind ?? 'none')
  }
  const probed = await send(bridge.probe(target))
  expect([dialect, probed.status]).toEqual([dialect, 200])
  return changes.map((change) => told.get(change))
}

async function player(dialect: string, id: string): Promise<string> {
  const account = { id: `${dialect}-${id}`, displayName: '', accounts: [{ dialect, id }] }
  await createPlayer(services, { player: account, requestId: undefined }, callOf())
  return account.id
}

async function percentsOf(playerId: string) {
  const all = [lamp, odd, tally, sea, many].map(async ({ id }) => {
    const { progress } = await getProgress(services, { titleId, playerId, achievementId: id }, callOf())
    return progress.percent
  })
  return Promise.all(all)
}

const unlocked = { kind: 'unlocked' } as const
const progressed = [
  changeOf(lamp, { percent: 40 }),
  changeOf(odd, { percent: 29 }),
  changeOf(tally, { percent: 30 }, { values: { count: 3n } }),
  changeOf(sea, { percent: 12 }, { values: { goal: 12.25 } }),
  changeOf(many, { percent: 33 }, { values: { wins: 2n } }),
]
const finished = [lamp, odd, tally, sea, many].map((parts) => changeOf(parts, unlocked))

const all = (word: string) => Array.from({ length: 5 }, () => word)
const [delivered, unsupported, refused] = ['delivered', 'unsupported', 'refused']

describe('a Laurel takes what the bridge sends', () => {
  test('to Discord, but for what follows a stat there', async () => {
    const account = '80351110224678912'
    const playerId = await player('discord', account)
    const tell = (changes: readonly BridgeChange[]) =>
      deliver('discord', '/discord/api/v10', account, changes)
    const verdicts = [delivered, delivered, delivered, refused, refused]
    expect(await tell(progressed)).toEqual(verdicts)
    expect(await percentsOf(playerId)).toEqual([40, 29, 30, 0, 0])
    expect(await tell(finished)).toEqual(verdicts)
    expect(await percentsOf(playerId)).toEqual([100, 100, 100, 0, 0])
    expect(await tell([...progressed, ...finished])).toEqual([...verdicts, ...verdicts])
  })

  test('to Xbox, but for what is event-based there', async () => {
    const account = '2814616665093727'
    const playerId = await player('xbox', account)
    const tell = (changes: readonly BridgeChange[]) => deliver('xbox', '/xbox', account, changes)
    const verdicts = [delivered, delivered, delivered, refused, refused]
    expect(await tell(progressed)).toEqual(verdicts)
    expect(await percentsOf(playerId)).toEqual([40, 29, 30, 0, 0])
    expect(await tell(finished)).toEqual(verdicts)
    expect(await percentsOf(playerId)).toEqual([100, 100, 100, 0, 0])
    expect(await tell([...progressed, ...finished])).toEqual([...verdicts, ...verdicts])
  })

  test('to AccelByte, but for a percent of what no statistic measures', async () => {
    const account = 'ada/%2F 1'
    const playerId = await player('accelbyte', account)
    const tell = (changes: readonly BridgeChange[]) => deliver('accelbyte', '/accelbyte', account, changes)
    const verdicts = [unsupported, unsupported, unsupported, delivered, delivered]
    expect(await tell(progressed)).toEqual(verdicts)
    expect(await percentsOf(playerId)).toEqual([0, 0, 0, 12, 33])
    expect(await tell(finished)).toEqual(all(delivered))
    expect(await percentsOf(playerId)).toEqual([100, 100, 100, 100, 100])
    expect(await tell([...progressed, ...finished])).toEqual([...verdicts, ...all(delivered)])
    const reset = [lamp, sea].map((parts) => changeOf(parts, { kind: 'reset' }))
    expect(await tell([...reset, changeOf(lamp, unlocked)])).toEqual([delivered, delivered, delivered])
    expect(await percentsOf(playerId)).toEqual([100, 100, 100, 0, 100])
  })

  test('and refuses one of many by itself, where the platform answers for each', async () => {
    const account = 'bulk'
    const playerId = await player('accelbyte', account)
    const unknown = changeOf({ id: 'nothing' }, unlocked)
    const changes = [changeOf(lamp, unlocked), unknown, changeOf(tally, unlocked)]
    expect(await deliver('accelbyte', '/accelbyte', account, changes)).toEqual([
      delivered,
      refused,
      delivered,
    ])
    expect(await percentsOf(playerId)).toEqual([100, 0, 100, 0, 0])
  })
})
