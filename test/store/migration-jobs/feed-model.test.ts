import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { MigrationMapping } from '../../../src/model/migration-mapping.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { NOT_STARTED, type Progress } from '../../../src/model/progress.ts'
import { formatProgressLine } from '../../../src/service/lines/progress-line.ts'
import { mergeExisting } from '../../../src/service/migration-jobs/merge-existing.ts'
import { RowPreparer } from '../../../src/service/migration-jobs/prepare-row.ts'
import { rollbackJob } from '../../../src/service/migration-jobs/rollback-job.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'
import { countUnlocks } from '../../support/unlock-counts.ts'

const ACHIEVEMENTS = [
  achievementOf({ id: 'laps', requirements: [requirementOf({ target: 7n })], rewards: gamerscore(5) }),
  achievementOf({ id: 'win', rewards: gamerscore(10) }),
  achievementOf({
    id: 'time',
    requirements: [requirementOf({ operator: 'at_most', target: 30n })],
    rewards: gamerscore(20),
  }),
]
const PLAYERS = ['ann', 'bob', 'cy']

let services: TestServices
let number = 0
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

interface Row {
  readonly player: string
  readonly achievement: string
  readonly percent: number
  readonly steps: number | undefined
  readonly time: string | undefined
}

const row: fc.Arbitrary<Row> = fc
  .record({
    player: fc.constantFrom(...PLAYERS),
    achievement: fc.constantFrom(...ACHIEVEMENTS.map(({ id }) => id)),
    percent: fc.constantFrom(0, 1, 29, 99, 100),
    steps: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
    time: fc.option(
      fc.constantFrom('2015-01-02T03:04:05Z', '2016-01-02T03:04:05.1234567Z', '2017-01-02 00:00:00'),
      {
        nil: undefined,
      },
    ),
  })
  .map((each) => (each.achievement === 'win' ? { ...each, steps: undefined } : each))

type State = ReadonlyMap<string, Progress>
const keyOf = (playerId: string, achievementId: string) => `${playerId} ${achievementId}`

async function stateOf(titleId: string): Promise<State> {
  return services.store.read(NEVER_ABORTED, async (queries) => {
    const keys = PLAYERS.flatMap((playerId) =>
      ACHIEVEMENTS.map(({ id }) => ({ playerId, titleId, achievementId: id })),
    )
    const records = await queries.progress.listAt(keys)
    return new Map(records.map((each) => [keyOf(each.playerId, each.achievementId), each.progress]))
  })
}

/** The facts that a job decides: without the times and the writer of the change. */
function factsOf(state: State) {
  return Object.fromEntries(
    [...state]
      .map(([key, { firstReportTime, lastReportTime, writer, ...facts }]) => [key, facts] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
  )
}

async function definitionsOf(titleId: string): Promise<ReadonlyMap<string, StoredAchievement>> {
  const ids = ACHIEVEMENTS.map(({ id }) => id)
  const found = await services.store.read(NEVER_ABORTED, (queries) =>
    queries.achievements.listByIds(titleId, ids),
  )
  return new Map(found.map((each) => [each.id, each]))
}

/** Returns the progress that a player without any would have after each row. */
function progressesOf(definitions: ReadonlyMap<string, StoredAchievement>, rows: readonly Row[]) {
  const [now, actor] = [services.now(), 'tester']
  const context = { now, latest: now, actor, hasOwnValueIds: false, writesEvents: false }
  const preparer = new RowPreparer(context)
  return rows.map(({ player, achievement: id, percent, steps, time }) => {
    const prepared = preparer.prepare(
      {
        titleId: undefined,
        binding: undefined,
        progress: undefined,
        revoked: false,
        extensions: {},
        updateTime: undefined,
        player: { kind: 'player', id: player },
        achievement: { dialect: undefined, id },
        unlocked: undefined,
        percent,
        values: steps === undefined ? {} : { '': String(steps) },
        unlockTime: time === undefined ? undefined : instantOf(time),
      },
      definitions.get(id) as StoredAchievement,
    )
    if (typeof prepared === 'string') throw new Error(prepared)
    return prepared.progress
  })
}

/** The model: each record in its turn, combined with the progress so far. */
function modelOf(
  definitions: ReadonlyMap<string, StoredAchievement>,
  before: State,
  rows: readonly Row[],
): State {
  const state = new Map(before)
  for (const [index, theirs] of progressesOf(definitions, rows).entries()) {
    const { player, achievement: id } = rows[index] as Row
    const key = keyOf(player, id)
    const ours = state.get(key)
    const achievement = definitions.get(id) as StoredAchievement
    const { progress, isChanged } = mergeExisting(achievement, ours ?? NOT_STARTED, theirs)
    if (isChanged || ours === undefined) state.set(key, progress)
  }
  return state
}

function instantOf(text: string): bigint {
  const [seconds = '', fraction = ''] = text.replace('Z', '').replace(' ', 'T').split('.')
  return BigInt(Date.parse(`${seconds}Z`)) * 10_000n + BigInt(fraction.padEnd(7, '0'))
}

/** Without the model: nothing that was stored before falls, and no known unlock time becomes later or unknown. */
function checkNothingFalls(before: State, after: State): void {
  for (const [key, { state, percent, unlockTime }] of before) {
    const now = after.get(key)
    expect(now?.percent).toBeGreaterThanOrEqual(percent)
    if (state === 'achieved') expect(now?.state).toBe('achieved')
    if (unlockTime !== undefined)
      expect(Number((now?.unlockTime ?? unlockTime + 1n) - unlockTime)).toBeLessThanOrEqual(0)
  }
}

/** The totals of players, and the unlocks of achievements, as a recount of the progress has them. */
async function checkCounts(titleId: string, state: State): Promise<void> {
  await countUnlocks(services)
  const scores: Readonly<Record<string, bigint>> = { laps: 5n, win: 10n, time: 20n }
  for (const playerId of PLAYERS) {
    const own = ACHIEVEMENTS.filter(({ id }) => {
      const progress = state.get(keyOf(playerId, id))
      return progress?.state === 'achieved' && !progress.revoked
    })
    const summary = await services.store.read(NEVER_ABORTED, (queries) =>
      queries.playerTitles.findSummary({ playerId, titleId }),
    )
    const times = own
      .map(({ id }) => state.get(keyOf(playerId, id))?.unlockTime)
      .filter((time) => time !== undefined)
    expect(summary).toMatchObject({
      unlockedCount: own.length,
      score: own.reduce((sum, { id }) => sum + (scores[id] ?? 0n), 0n),
      lastUnlockTime: times.sort((left, right) => (left < right ? 1 : -1))[0],
    })
  }
  const totals = await services.store.read(NEVER_ABORTED, (queries) => queries.unlockTotals.list(titleId))
  for (const { achievementId, unlockedCount } of totals) {
    const expected = PLAYERS.filter(
      (playerId) => state.get(keyOf(playerId, achievementId))?.state === 'achieved',
    )
    expect([achievementId, unlockedCount]).toEqual([achievementId, BigInt(expected.length)])
  }
}

const VALUES = [
  { field: 'percent', unit: 'percent', requirementId: '', scale: 1 },
  { field: 'steps', unit: 'steps', requirementId: '', scale: 1 },
] as const

/** Writes rows as lines of Laurel. */
function laurelLines(
  titleId: string,
  definitions: ReadonlyMap<string, StoredAchievement>,
  rows: readonly Row[],
) {
  return progressesOf(definitions, rows).map((progress, index) => {
    const { player, achievement } = rows[index] as Row
    return `${formatProgressLine({ titleId, playerId: player, achievementId: achievement, progress })}\n`
  })
}

const MEMBERS = ['player', 'achievement', 'percent', 'steps', 'time'] as const
const tableOf = (rows: readonly Row[], separator: string) =>
  [MEMBERS, ...rows.map((each) => MEMBERS.map((name) => each[name] ?? ''))]
    .map((cells) => `${cells.join(separator)}\n`)
    .join('')

interface Format {
  readonly mapping: Partial<MigrationMapping>
  write(titleId: string, definitions: ReadonlyMap<string, StoredAchievement>, rows: readonly Row[]): string
}

/** The formats of progress but for those of dialects. */
const FORMATS: Readonly<Record<string, Format>> = {
  json_lines: { mapping: { values: VALUES }, write: (_, __, rows) => linesOf(rows) },
  csv: { mapping: { values: VALUES, format: 'csv' }, write: (_, __, rows) => tableOf(rows, ',') },
  tsv: { mapping: { values: VALUES, format: 'tsv' }, write: (_, __, rows) => tableOf(rows, '\t') },
  player_documents: {
    mapping: {
      values: VALUES,
      format: 'player_documents',
      records: 'list',
      player: { field: '$file', dialect: undefined, usesIdentities: false },
    },
    write: (_, __, rows) =>
      linesOf(rows.map(({ player, ...rest }) => ({ file: `${player}.json`, document: { list: [rest] } }))),
  },
  laurel: {
    mapping: {
      format: 'laurel',
      player: undefined,
      achievement: undefined,
      values: [],
      unlockTime: undefined,
    },
    write: (titleId, definitions, rows) => laurelLines(titleId, definitions, rows).join(''),
  },
}

describe('a migration job', () => {
  test.each(Object.keys(FORMATS))(
    'of %s gives the progress, totals and counts of the model, whatever its parts, and is taken back exactly',
    async (name) => {
      const { mapping, write } = FORMATS[name] as Format
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { maxLength: 12 }),
          fc.array(row, { minLength: 1, maxLength: 30 }),
          fc.integer({ min: 1, max: 12 }),
          async (earlier, rows, partRows) => {
            number += 1
            const titleId = `model-${number}`
            await createTitleWith(services, titleId, ACHIEVEMENTS)
            for (const { player, achievement, percent } of earlier) {
              const report = { kind: 'percent', percent } as const
              const request = { titleId, playerId: player, achievementId: achievement, report }
              await recordProgress(
                services,
                { ...request, occurredTime: undefined, requestId: undefined },
                callOf(),
              )
            }
            const before = await stateOf(titleId)
            const definitions = await definitionsOf(titleId)
            const expected = modelOf(definitions, before, rows)
            const input = write(titleId, definitions, rows)
            const key = await createTestJob(services, titleId, 'job', mapping)
            const { job } = await feedText(services, key, input, { partRows })
            expect(job.counts).toMatchObject({ records: BigInt(rows.length), refused: 0n })
            const after = await stateOf(titleId)
            expect(factsOf(after)).toEqual(factsOf(expected))
            checkNothingFalls(before, after)
            await checkCounts(titleId, after)
            const again = await createTestJob(services, titleId, 'again', mapping)
            const { job: second } = await feedText(services, again, input, { partRows })
            expect(second.counts).toMatchObject({ new: 0n, changed: 0n, unchanged: BigInt(rows.length) })
            const request = { ...key, reason: 'test' }
            for await (const part of rollbackJob(services, request, callOf()))
              expect(part.remainingCount).toBe(0)
            const restored = await stateOf(titleId)
            expect(factsOf(restored)).toEqual(factsOf(before))
            await checkCounts(titleId, restored)
          },
        ),
        { ...runs(5) },
      )
    },
  )
})
