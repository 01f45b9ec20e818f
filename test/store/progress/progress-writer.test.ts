import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Achievement } from '../../../src/model/achievement.ts'
import { applyReport } from '../../../src/model/apply-report.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { pack } from '../../../src/model/packed.ts'
import type { ProgressResult } from '../../../src/model/progress.ts'
import { NOT_STARTED, type Progress } from '../../../src/model/progress.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { batchRecordProgress, recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { RecordProgress } from '../../../src/service/progress/writer/contract.ts'
import type { Services } from '../../../src/service/services.ts'
import { createTitle } from '../../../src/service/titles/create-title.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, progressWriterOf, type TestServices } from '../../support/services.ts'

const two = (parts: object) => [requirementOf({ id: 'a', ...parts }), requirementOf({ id: 'b', target: 3n })]

const ACHIEVEMENTS: readonly Achievement[] = [
  achievementOf({ id: 'plain', rewards: gamerscore(5) }),
  achievementOf({ id: 'counted', rewards: gamerscore(10), requirements: [requirementOf({ target: 20n })] }),
  achievementOf({ id: 'two', requirements: two({}) }),
  achievementOf({
    id: 'lap',
    requirements: [requirementOf({ operator: 'at_most', target: 60.5, valueType: 'double' })],
  }),
  achievementOf({
    id: 'over',
    kind: 'challenge',
    window: { start: 0n, end: 1n },
    requirements: [requirementOf()],
  }),
  achievementOf({ id: 'followed', requirements: [requirementOf({ statCode: 'kills' })] }),
  achievementOf({ id: 'mixed', requirements: two({ statCode: 'kills' }) }),
]

const requirementId = fc.constantFrom(undefined, 'count', 'a', 'b', 'none')
const quantity = fc.oneof(fc.bigInt({ min: 0n, max: 25n }), fc.constantFrom(59.5, 61.25))
const report = fc.oneof(
  fc.record({ kind: fc.constant('reach' as const), requirementId, quantity }),
  fc.record({ kind: fc.constant('add' as const), requirementId, quantity: fc.bigInt({ min: 0n, max: 7n }) }),
  fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 0, max: 100 }) }),
  fc.constant({ kind: 'unlock' as const }),
)
const item = fc.record({
  titleId: fc.constantFrom('title', 'title', 'title', 'nowhere'),
  playerId: fc.constantFrom('ann', 'ben', 'cat'),
  achievementId: fc.constantFrom(...ACHIEVEMENTS.map(({ id }) => id), 'none'),
  report,
  occurredTime: fc.constant(undefined),
  requestId: fc.option(fc.constantFrom('r1', 'r2', 'r3'), { nil: undefined }),
})

/** What each of the items makes of what the ones before it left: one at a time, in memory. */
class Reference {
  readonly progress = new Map<string, Progress>()
  readonly #answers = new Map<string, { readonly payload: string; readonly said: unknown }>()

  record(asked: RecordProgress): unknown {
    const { titleId, playerId, achievementId, requestId } = asked
    const definition = ACHIEVEMENTS.find(({ id }) => id === achievementId)
    if (titleId !== 'title') return 'TITLE_NOT_FOUND'
    if (definition === undefined) return 'ACHIEVEMENT_NOT_FOUND'
    const name = `${playerId} ${requestId}`
    const payload = pack(asked)
    const known = requestId === undefined ? undefined : this.#answers.get(name)
    if (known !== undefined) return known.payload === payload ? known.said : 'REQUEST_ID_REUSED'
    const key = `${playerId} ${achievementId}`
    const context = { time: 1000n, precision: 'exact', writer: 'test' } as const
    const outcome = applyReport(definition, this.progress.get(key) ?? NOT_STARTED, asked.report, context)
    if (outcome.kind === 'rejected') return outcome.why.toUpperCase()
    if (outcome.changed) this.progress.set(key, outcome.progress)
    const said = outcomeOf(outcome)
    if (requestId !== undefined) this.#answers.set(name, { payload, said })
    return said
  }
}

function outcomeOf(
  answer: Pick<ProgressResult, 'progress' | 'changed' | 'newlyUnlocked' | 'alreadyUnlocked'>,
) {
  const { progress, changed, newlyUnlocked, alreadyUnlocked } = answer
  return { ...essence(progress), changed, newlyUnlocked, alreadyUnlocked }
}

/** Without the times, which the reference does not have. */
function essence({ state, values, percent, reportedPercent }: Progress) {
  return { state, values, percent, reportedPercent }
}

let services: TestServices
/** Of another process, which remembers for itself. */
let others: Services
let pool: pg.Pool
const call = callOf()

beforeAll(async () => {
  services = await createTestServices()
  others = { ...services, progressWriter: progressWriterOf(services) }
  pool = new pg.Pool({ connectionString: services.databaseUrl, max: 4 })
  const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  for (const achievement of ACHIEVEMENTS) {
    await createAchievement(services, { titleId: 'title', achievement, requestId: undefined }, call)
  }
})
afterAll(async () => {
  await pool.end()
  await services[Symbol.asyncDispose]()
})

/** What another process may do meanwhile: all of it makes what is known here old, or holds it up. */
const DISTURBANCES = {
  none: async () => {},
  'other versions': () => pool.query('update player_titles set version = version + 1'),
  'other definitions': () => pool.query('update achievements set revision = revision + 1'),
  'a held sheet': () => holding(`select 1 from player_titles where player_id = 'ann' for update`),
  'a held definition': () => holding(`select 1 from achievements where id = 'counted' for update`),
}

async function holding(statement: string, work: () => Promise<unknown> = () => sleep(5)): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(statement)
    await work()
  } finally {
    await client.query('commit')
    client.release()
  }
}

const disturbance = fc.constantFrom(...(Object.keys(DISTURBANCES) as (keyof typeof DISTURBANCES)[]))
const items = fc.array(item, { minLength: 1, maxLength: 6 })
const asks = fc.array(fc.record({ items, disturbance, elsewhere: fc.boolean() }), {
  minLength: 1,
  maxLength: 6,
})

/** Each item by a call of its own, or all by one. */
const WAYS: Readonly<
  Record<string, (services: Services, items: readonly RecordProgress[]) => Promise<readonly unknown[]>>
> = {
  'calls at the same time': (services, items) =>
    Promise.all(items.map((one) => recordProgress(services, one, call).catch((error: unknown) => error))),
  batches: (services, items) => batchRecordProgress(services, { items }, call),
}

describe.each(Object.entries(WAYS))('%s', (_, record) => {
  test('leave what one after the other would leave, whatever happens meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(asks, async (steps) => {
        await pool.query('delete from players')
        await pool.query('delete from player_requests')
        await pool.query('delete from events')
        const reference = new Reference()
        for (const { items, disturbance, elsewhere } of steps) {
          const there = elsewhere ? others : services
          const [answers] = await Promise.all([record(there, items), DISTURBANCES[disturbance]()])
          const expected = items.map((one) => reference.record(one))
          expect(answers.map(saidOf)).toEqual(expected)
        }
        await expectStored(reference)
      }),
      runs(60),
    )
  })
})

const percentOn = (achievementId: string, percent: number): RecordProgress => ({
  ...{ titleId: 'title', playerId: 'dan', achievementId, occurredTime: undefined, requestId: undefined },
  report: { kind: 'percent', percent },
})

test('what another process wrote stands, though only some of a sheet is remembered', async () => {
  // The first makes the definition known as it is now; what the second leaves is remembered.
  for (const percent of [5, 10]) await recordProgress(services, percentOn('plain', percent), call)
  await recordProgress(others, percentOn('plain', 100), call)
  const items = [percentOn('plain', 20), percentOn('counted', 20)]
  const answers = await batchRecordProgress(services, { items }, call)
  expect(answers).toMatchObject([{ changed: false, alreadyUnlocked: true }, { changed: true }])
})

test('what another process has changed is read anew and written together all the same', async () => {
  const reportAll = (there: Services, percent: number) => {
    const items = ['eva', 'fay', 'guy'].map((playerId) => ({ ...percentOn('plain', percent), playerId }))
    return batchRecordProgress(there, { items }, call)
  }
  for (const percent of [5, 10]) await reportAll(services, percent)
  await reportAll(others, 15)
  const before = services.progressWriter.counts
  expect(await reportAll(services, 20)).toMatchObject(Array(3).fill({ changed: true }))
  expect(services.progressWriter.counts).toMatchObject({
    locked: before.locked,
    optimistic: before.optimistic + 3,
  })
})

test('a report that is written does not wait for another one of its player, nor hear of its end', async () => {
  const second = { id: 'second', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title: second, requestId: undefined }, call)
  await createAchievement(
    services,
    { titleId: 'second', achievement: achievementOf({ id: 'plain' }), requestId: undefined },
    call,
  )
  const on = (titleId: string, percent: number) => ({
    ...percentOn('plain', percent),
    titleId,
    playerId: 'hal',
  })
  for (const [there, percent] of [[services, 5] as const, [services, 10] as const, [others, 15] as const]) {
    await batchRecordProgress(there, { items: [on('title', percent), on('second', percent)] }, call)
  }
  const playerTitle = `select 1 from player_titles where (player_id, title_id) = ('hal', 'second') for update`
  await holding(playerTitle, async () => {
    const leaving = new AbortController()
    const written = recordProgress(services, on('title', 20), call)
    const held = recordProgress(services, on('second', 20), { ...call, signal: leaving.signal })
    expect(await written).toMatchObject({ changed: true })
    leaving.abort(new Error('gone'))
    await expect(held).rejects.toThrow('gone')
  })
})

test('what comes behind a report that is held goes out together once that is written', async () => {
  const report = (percent: number) =>
    recordProgress(services, { ...percentOn('plain', percent), playerId: 'ida' }, call)
  await report(1)
  const before = services.progressWriter.counts
  const reports: Promise<ProgressResult>[] = []
  await holding(`select 1 from player_titles where player_id = 'ida' for update`, async () => {
    reports.push(report(2))
    await vi.waitFor(() => expect(services.progressWriter.counts.locked).toBe(before.locked + 1))
    for (const percent of [3, 4, 5]) reports.push(report(percent))
    expect(services.progressWriter.counts.waiting).toBe(3)
  })
  expect(await Promise.all(reports)).toMatchObject(Array(4).fill({ changed: true }))
  expect(services.progressWriter.counts).toMatchObject({
    locked: before.locked + 1,
    optimistic: before.optimistic + 3,
  })
})

test('of a batch, what is lost under lock does not hide what was recorded', async () => {
  const items = ['joe', 'kim'].map((playerId) => ({ ...percentOn('plain', 5), playerId }))
  await batchRecordProgress(services, { items }, call)
  await holding(`select 1 from player_titles where player_id = 'joe' for update`, async () => {
    const raised = items.map((item) => ({ ...item, report: { kind: 'percent' as const, percent: 6 } }))
    const answers = batchRecordProgress(services, { items: raised }, call)
    const terminated = () =>
      pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`)
    await vi.waitFor(async () => expect((await terminated()).rowCount).toBe(1))
    expect(await answers).toMatchObject([{ code: 'unavailable' }, { changed: true }])
  })
})

test('many batches on a player who is held up leave the connections to the others', async () => {
  const batchOn = (playerId: string) => (percent: number) =>
    batchRecordProgress(services, { items: [{ ...percentOn('plain', percent), playerId }] }, call)
  await batchOn('leo')(1)
  const percents = Array.from({ length: 30 }, (_, index) => index + 2)
  const held: Promise<unknown>[] = []
  await holding(`select 1 from player_titles where player_id = 'leo' for update`, async () => {
    held.push(...percents.map(batchOn('leo')))
    for (const percent of percents) await batchOn('mia')(percent)
  })
  await Promise.all(held)
})

test('batches that are in the way of each other are all recorded', async () => {
  const batches = Array.from({ length: 40 }, (_, index) =>
    ACHIEVEMENTS.slice(0, 2 + (index % 3)).map(({ id }) => percentOn(id, index)),
  )
  const answers = await Promise.all(batches.map((items) => batchRecordProgress(services, { items }, call)))
  expect(answers.flat().filter((answer) => answer instanceof LaurelError)).toEqual([])
})

function saidOf(answer: unknown): unknown {
  return answer instanceof LaurelError ? answer.reason : outcomeOf(answer as ProgressResult)
}

async function expectStored(reference: Reference): Promise<void> {
  const rows = await pool.query('select player_id, achievement_id, state, percent from progress')
  const stored = rows.rows.map((row) => [`${row.player_id} ${row.achievement_id}`, row.state, row.percent])
  const known = [...reference.progress].map(([key, { state, percent }]) => [key, state, percent])
  expect(stored.sort()).toEqual(known.sort())
  const totals = await pool.query(`
    select s.player_id, s.unlocked_count, s.score::int, count(p.achievement_id)::int as recount,
      coalesce(sum(a.score), 0)::int as rescore
    from player_titles s
    left join progress p on p.player_id = s.player_id and p.state = 'achieved'
    left join achievements a on a.id = p.achievement_id and a.title_id = p.title_id
    group by s.player_id, s.title_id`)
  for (const row of totals.rows) {
    expect([row.unlocked_count, row.score]).toEqual([row.recount, row.rescore])
  }
  const events = await pool.query(`select count(*)::int as count from events where kind = 'unlocked'`)
  const unlocked = known.filter(([, state]) => state === 'achieved')
  expect(events.rows[0].count).toBe(unlocked.length)
}
