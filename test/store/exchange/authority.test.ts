import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProgressFacts } from '../../../src/dialect/adapter.ts'
import { BLANK_RECORD } from '../../../src/dialect/kit/blank.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { instantFromMilliseconds, TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import { dialects } from '../../../src/registry.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { dialectOf } from '../../../src/service/exchange/dialects.ts'
import { importPlayerFacts } from '../../../src/service/exchange/import-progress-facts.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import { getPlayerSummary, getProgress } from '../../../src/service/progress/get-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { exportText, importText } from '../../support/exchange.ts'
import { achievementOf, gamerscore } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let clock = Date.now()
let titles = 0
const call = callOf()
const once = { requestId: undefined }
const YEAR = 366 * 24 * 60 * 60 * 1000

beforeAll(async () => {
  services = await createTestServices({ now: () => instantFromMilliseconds(clock) })
})
beforeEach(() => {
  clock = Date.now()
})
afterAll(() => services[Symbol.asyncDispose]())

async function titleWith(dialect: string | undefined): Promise<{ titleId: string; goal: StoredAchievement }> {
  titles += 1
  const titleId = `title-${titles}`
  const bindings = dialect === undefined ? {} : { [dialect]: fixturesOf(dialect).binding(titles) }
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  const id = dialect === undefined ? undefined : fixturesOf(dialect).achievementId(titles)
  const ids = id === undefined || dialect === undefined ? {} : { [dialect]: id }
  const achievement = achievementOf({ id: 'goal', ids, rewards: gamerscore(10) })
  return { titleId, goal: await createAchievement(services, { titleId, achievement, ...once }, call) }
}

describe.each([...dialects.keys()])('a document of %s', (dialect) => {
  test('with an unlock in the future makes its time unknown, and reports it', async () => {
    const { titleId } = await titleWith(dialect)
    const account = fixturesOf(dialect).account(titles)
    const [early, late] = [`early-${dialect}`, `late-${dialect}`]
    const accounts = [{ dialect, id: account }]
    await createPlayer(services, { player: { id: late, displayName: '', accounts }, ...once }, call)
    clock += YEAR
    const unlock = {
      titleId,
      achievementId: 'goal',
      occurredTime: undefined,
      ...once,
      report: { kind: 'unlock' },
    } as const
    await recordProgress(services, { ...unlock, playerId: late }, call)
    const { text } = await exportText(services, dialect, titleId, { playerId: late })
    clock -= YEAR
    await using other = await createTestServices({ now: () => instantFromMilliseconds(clock) })
    const definitions = await exportText(services, dialect, titleId)
    const created = await importText(other, dialect, definitions.text, { titleId })
    const rejected = importText(other, dialect, text, { titleId, playerId: early, lossPolicy: 'reject' })
    await expect(rejected).rejects.toMatchObject({ reason: 'LOSSES_REJECTED' })
    const { losses } = await importText(other, dialect, text, { titleId, playerId: early })
    const future = losses.filter(({ detail }) => detail.includes('future'))
    expect(future).toMatchObject([
      {
        kind: 'dropped',
        path: expect.stringContaining('.progress.unlockTime'),
        from: expect.stringMatching(/^20\d\d-/),
      },
    ])
    const key = { titleId, playerId: early, achievementId: created.outcomes[0]?.achievementId ?? '' }
    const unknown = { state: 'achieved', unlockPrecision: 'unknown', unlockTime: undefined }
    expect((await getProgress(other, key, call)).progress).toMatchObject(unknown)
    expect(await getPlayerSummary(other, key, call)).toMatchObject({
      unlockedCount: 1,
      lastUnlockTime: undefined,
    })
  })
})

describe('an import of an unlock that the platform revoked', () => {
  async function imported(facts: Partial<ProgressFacts>, appliesRevocations: boolean) {
    const { titleId, goal } = await titleWith(undefined)
    const [dialect] = [...dialects.keys()]
    const adapter = dialectOf(services, dialect ?? '')
    const unlockTime = services.now() - 10_000_000n
    const blank = {
      account: undefined,
      achievementId: 'goal',
      state: 'achieved',
      percent: 100,
      values: {},
    } as const
    const write = (parts: Partial<ProgressFacts>) =>
      services.store.write(call.signal, async (queries) => {
        const stated = { ...blank, unlockTime, revoked: false, extensions: {}, ...parts }
        const player = {
          playerId: 'ann',
          titleId,
          facts: stated,
          achievement: goal,
          summary: undefined,
          shape: undefined,
          title: BLANK_RECORD.title,
        }
        const context = { now: services.now(), appliesRevocations, call }
        const results = await importPlayerFacts(queries, adapter, [player], context)
        return results.map(({ progress }) => progress)
      })
    await write({})
    const [first] = await write({ ...facts, unlockTime: unlockTime + (facts.unlockTime ?? 0n) })
    const again = (await write({ ...facts, unlockTime: unlockTime + (facts.unlockTime ?? 0n) }))[0]
    return { first, again, summary: await getPlayerSummary(services, { titleId, playerId: 'ann' }, call) }
  }

  test('revokes it once where the document decides', async () => {
    const { first, again, summary } = await imported({ revoked: true }, true)
    expect(first).toMatchObject({
      changed: true,
      progress: { state: 'achieved', revoked: true },
      drift: undefined,
    })
    expect(again).toMatchObject({ changed: false, drift: undefined })
    expect(summary).toMatchObject({ unlockedCount: 0, score: 0n, lastUnlockTime: undefined })
  })

  test('reports it as drift elsewhere', async () => {
    const { first, summary } = await imported({ revoked: true }, false)
    expect(first).toMatchObject({
      changed: false,
      progress: { revoked: false },
      drift: { imported: { revoked: true }, stored: { revoked: false } },
    })
    expect(summary).toMatchObject({ unlockedCount: 1, score: 10n })
  })

  test.each([
    [-2n * TICKS_PER_MILLISECOND, true],
    [TICKS_PER_MILLISECOND, true],
    [TICKS_PER_MILLISECOND - 1n, false],
    [0n, false],
  ])('with an unlock time that is %d ticks later reports drift: %s', async (unlockTime, isDrift) => {
    const { first } = await imported({ unlockTime }, true)
    expect((first as { drift?: unknown }).drift !== undefined).toBe(isDrift)
    expect(first).toMatchObject({ changed: false })
  })
})
