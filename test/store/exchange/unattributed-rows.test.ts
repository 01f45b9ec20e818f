import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import { parseJson } from '../../../src/dialect/json-text.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { decodeSample, samplesIn } from '../../conformance/subjects.ts'
import { accountsOf, BINDINGS, createKnownPlayers, idsOf } from '../../support/bound-title.ts'
import { exportText } from '../../support/exchange.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const TITLE = 'harbor'
const KNOWN = 'player-0'
const UNKNOWN = 'without-account'
const UNLOCK = { kind: 'percent', percent: 100 } as const

beforeAll(async () => {
  services = await createTestServices()
  const title = { id: TITLE, displayName: '', defaultLocale: 'en', bindings: BINDINGS, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  await createKnownPlayers(services, 1)
  for (const number of [0, 1]) {
    const achievement = achievementOf({ id: `goal-${number}`, ids: idsOf(number) })
    await createAchievement(services, { titleId: TITLE, achievement, requestId: undefined }, call)
    for (const playerId of [KNOWN, UNKNOWN]) {
      const key = { titleId: TITLE, playerId, achievementId: achievement.id }
      await recordProgress(
        services,
        { ...key, report: UNLOCK, occurredTime: undefined, requestId: undefined },
        call,
      )
    }
  }
})
afterAll(() => services[Symbol.asyncDispose]())

const shapes = adapters.flatMap((adapter) =>
  adapter.shapes
    .filter(({ carries }) => carries.includes('progress') || carries.includes('summary'))
    .map(({ name }) => ({ adapter, dialect: adapter.id, shape: name })),
)

test.each(shapes)(
  'a row of $dialect in shape $shape that names no player is a loss that names player and entry',
  async ({ adapter, dialect, shape }) => {
    const { text, losses, summary } = await exportText(services, dialect, TITLE, { shape, playerId: 'all' })
    const rows = samplesIn(adapter, parseJson(text)).map((sample) => decodeSample(adapter, sample).result)
    expect(rows).toHaveLength(summary.entryCount)
    const lost = new Map(
      losses.filter(({ path }) => path.endsWith('.account')).map((loss) => [loss.path, loss]),
    )
    const isNamed = rows.map(({ progress, summary }) => (progress ?? summary)?.account !== undefined)
    for (const [index, named] of isNamed.entries()) {
      const part = rows[index]?.summary === undefined ? 'progress' : 'summary'
      expect([index, lost.has(`$[${index}].${part}.account`)]).toEqual([index, !named])
    }
    // The rows of the player without an account come last.
    const theirs = [...lost.values()].filter(({ from }) => from === UNKNOWN)
    expect(theirs).toHaveLength(summary.entryCount / 2)
    for (const { kind, detail, achievementId } of theirs) {
      expect([kind, detail]).toEqual(['dropped', expect.stringContaining('LinkAccount')])
      if (rows[0]?.summary === undefined) expect(achievementId).toMatch(/\S/)
    }
    const strict = exportText(services, dialect, TITLE, { shape, playerId: 'all', lossPolicy: 'reject' })
    await expect(strict).rejects.toMatchObject({ reason: 'LOSSES_REJECTED' })
    const alone = await exportText(services, dialect, TITLE, { shape, playerId: UNKNOWN })
    expect(alone.losses.filter(({ path }) => path.endsWith('.account'))).toEqual([])
    expect(accountsOf(0)[dialect]).toSatisfy(adapter.ids.account.accepts)
  },
)
