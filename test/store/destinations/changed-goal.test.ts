import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sentPercent } from '../../../src/dialect/kit/plan.ts'
import type { ReplayableState } from '../../../src/model/delivery.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { bridges } from '../../../src/registry.ts'
import { planRequests, type RequestPlan } from '../../../src/relay/request-plan.ts'
import { backfillNext } from '../../../src/service/achievements/backfills.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { claimDeliveries } from '../../../src/service/destinations/claim-deliveries.ts'
import { completeDeliveries } from '../../../src/service/destinations/complete-deliveries.ts'
import { createDestination } from '../../../src/service/destinations/create-destination.ts'
import { listAchievementDeliveries } from '../../../src/service/destinations/deliveries.ts'
import { enqueueEvents } from '../../../src/service/destinations/enqueue-events.ts'
import { replayDeliveries, replayDelivery } from '../../../src/service/destinations/replay-deliveries.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let titles = 0
const call = callOf()
const once = { requestId: undefined }

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const counted = (target: bigint) => [requirementOf({ target })]

/** A title with an achievement of 100, a player with an account, and a destination that accepts every request. */
async function platformOf(dialect: string) {
  titles += 1
  const [titleId, playerId, fixtures] = [`title-${titles}`, `player-${titles}`, fixturesOf(dialect)]
  const bindings = { [dialect]: fixtures.binding(titles) }
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  const id = fixtures.achievementId(1)
  const ids = id === undefined ? {} : { [dialect]: id }
  const achievement = achievementOf({ id: 'goal', ids, requirements: counted(100n) })
  await createAchievement(services, { titleId, achievement, ...once }, call)
  const accounts = [{ dialect, id: fixtures.account(titles) }]
  await createPlayer(services, { player: { id: playerId, displayName: '', accounts }, ...once }, call)
  const where = { url: 'https://platform.example/', credential: '' }
  const filter = { kinds: [], achievementIds: [], playerIds: [] }
  const limits = { requestsPerSecond: 1000, maxInFlight: 8, maxAttempts: 3, timeout: 10_000_000n }
  const parts = { titleId, id: 'platform', displayName: '', dialect, ...where, filter, limits }
  const destination = await createDestination(
    services,
    { destination: parts, fromOldest: true, ...once },
    call,
  )
  return {
    titleId,
    record: (quantity: bigint) =>
      recordProgress(
        services,
        {
          titleId,
          playerId,
          achievementId: 'goal',
          occurredTime: undefined,
          ...once,
          report: { kind: 'reach', requirementId: undefined, quantity },
        },
        call,
      ),
    update: async (target: bigint, silentBackfill = false) => {
      const patch = { requirements: counted(target) }
      const key = { titleId, achievementId: 'goal' }
      await updateAchievement(services, { ...key, etag: undefined, patch, silentBackfill, ...once }, call)
      await backfillNext(services, key, NEVER_ABORTED)
    },
    /** Delivers the due events as the relay does it, and returns the plan; undefined if there are none. */
    async deliver(): Promise<RequestPlan | undefined> {
      const position = await services.safePosition.current(NEVER_ABORTED)
      await enqueueEvents(services, destination, position, NEVER_ABORTED)
      const options = { lease: crypto.randomUUID(), leaseTime: 600_000_000n, limit: 8 }
      const [claimed] = await claimDeliveries(services, destination, options, NEVER_ABORTED)
      if (claimed === undefined) return undefined
      const plan = planRequests(destination, claimed, bridges.get(dialect), undefined, 0n)
      const result = { playerId, request: undefined, response: undefined, idempotencyKey: '' }
      const results = [
        ...plan.requests.flatMap(({ attempts }) =>
          attempts.map(({ event }) => ({
            ...result,
            eventId: event.id,
            state: 'delivered' as const,
            error: '',
          })),
        ),
        ...plan.unsupported.map(({ attempt: { event }, reason }) => ({
          ...result,
          eventId: event.id,
          error: reason,
          state: 'unsupported' as const,
        })),
      ]
      const sent = {
        claim: claimed.claim,
        results,
        requestCount: 1,
        pauseTime: 0n,
        failures: 0,
        backoffTime: 0n,
      }
      await completeDeliveries(services, destination, [sent], NEVER_ABORTED)
      return plan
    },
    replay: (eventId: bigint) =>
      replayDelivery(services, { titleId, destinationId: 'platform', eventId }, call),
    replayAll: (states: readonly ReplayableState[]) => {
      const all = { playerId: undefined, startTime: undefined, endTime: undefined }
      return replayDeliveries(services, { titleId, destinationId: 'platform', states, ...all }, call)
    },
    state: async () => {
      const request = { titleId, playerId, achievementId: 'goal', pageSize: 10, pageToken: '' }
      return (await listAchievementDeliveries(services, request, call)).items[0]
    },
  }
}

/** A platform that takes values of statistics has no percent of its own. */
const WITH_PERCENT = [...bridges].filter(
  ([dialect]) => fixturesOf(dialect).bridge?.progressed[0] === 'delivered',
)

describe.each(WITH_PERCENT.map(([dialect]) => dialect))('%s', (dialect) => {
  test('is not sent a lower percent than it has, and the difference can be read', async () => {
    const { record, update, deliver, state } = await platformOf(dialect)
    await record(80n)
    expect((await deliver())?.requests).toHaveLength(1)
    await update(1000n)
    await record(100n)
    const lower = await deliver()
    expect(lower).toMatchObject({
      requests: [],
      unsupported: [{ reason: expect.stringContaining('80 percent') }],
    })
    expect(await state()).toMatchObject({
      state: 'unsupported',
      delivered: { percent: 80 },
      newest: { percent: 10 },
      error: expect.stringContaining('the lower 10'),
    })
    await record(850n)
    expect((await deliver())?.requests).toHaveLength(1)
    expect(await state()).toMatchObject({ state: 'delivered', delivered: { percent: 85 } })
    await update(900n)
    await update(800n, true)
    expect(await deliver()).toBeUndefined()
  })

  test('is sent its highest percent again by a replay, and no lower one before or after it', async () => {
    const { record, update, deliver, replay, replayAll, state } = await platformOf(dialect)
    await record(10n)
    await deliver()
    await record(80n)
    await deliver()
    const delivered = (await state())?.delivered
    await update(1000n)
    await record(200n)
    expect(sentBy(await deliver())).toEqual([])
    await replayAll(['delivered', 'unsupported'])
    expect(sentBy(await deliver())).toEqual([80])
    await record(300n)
    expect(sentBy(await deliver())).toEqual([])
    await record(400n)
    await replay(delivered?.id ?? 0n)
    // The replayed event is superseded by the newer one, which is lower.
    expect(sentBy(await deliver())).toEqual([])
    await record(810n)
    expect(sentBy(await deliver())).toEqual([81])
  })

  test('is sent no lower percent by a replay of more events than a claim has', async () => {
    const { record, deliver, replayAll } = await platformOf(dialect)
    for (let count = 1n; count <= 51n; count += 1n) {
      await record(count)
      await deliver()
    }
    await replayAll(['delivered'])
    expect([...sentBy(await deliver()), ...sentBy(await deliver())]).toEqual([51])
  }, 20_000)
})

const sentBy = (plan: RequestPlan | undefined) =>
  (plan?.requests ?? []).map(({ attempts }) => sentPercent(attempts))

test('at least one platform is sent a percent', () => {
  expect(WITH_PERCENT.length).toBeGreaterThan(0)
})
