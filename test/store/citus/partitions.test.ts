import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LaurelError } from '../../../src/model/errors.ts'
import { instantFromMilliseconds, TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { purgeEventsBefore } from '../../../src/service/events/purge-events.ts'
import { turnPartitions } from '../../../src/service/events/turn-partitions.ts'
import { mergePlayers } from '../../../src/service/players/merge-players.ts'
import { resetProgress } from '../../../src/service/progress/enforcement.ts'
import { batchRecordProgress, recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { Services } from '../../../src/service/services.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createStat } from '../../../src/service/stats/stats.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { databasesOf, lockTable, noCitus } from '../../support/citus.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, progressWriterOf, type TestServices } from '../../support/services.ts'

const call = callOf()
const DAY = 86_400n * TICKS_PER_SECOND
const key = { titleId: 'title', playerId: 'ann', achievementId: 'counted', occurredTime: undefined }

let services: TestServices
/** Another process, with a cache of its own. */
let others: Services
let now = 0n

const reportOf = (kind: 'add' | 'reach', quantity: bigint, requestId: string, playerId = 'ann') => ({
  ...key,
  playerId,
  report: { kind, requirementId: undefined, quantity },
  requestId,
})

/** Requests that are sent twice, and the events that they write together. */
const REQUESTS: Readonly<
  Record<string, { readonly events: number; send(on: Services, requestId: string): Promise<unknown> }>
> = {
  'a report that changes progress': {
    events: 1,
    send: (on, requestId) => recordProgress(on, reportOf('add', 1n, requestId), call),
  },
  'a report of a batch': {
    events: 1,
    send: (on, requestId) => batchRecordProgress(on, { items: [reportOf('add', 1n, requestId)] }, call),
  },
  'a report that changes nothing': {
    events: 0,
    send: (on, requestId) => recordProgress(on, reportOf('reach', 1n, requestId), call),
  },
  'a record of stats': {
    events: 1,
    send: (on, requestId) =>
      recordStats(
        on,
        {
          titleId: 'title',
          playerId: 'ann',
          updates: [{ code: 'laps', operation: 'increment', value: 1 }],
          occurredTime: undefined,
          requestId,
        },
        call,
      ),
  },
  'a reset': {
    events: 1,
    async send(on, requestId) {
      const { occurredTime: _, ...reset } = { ...key, achievementId: 'reset' }
      return resetProgress(on, { ...reset, reason: '', requestId }, call)
    },
  },
}

describe.skipIf(noCitus !== undefined)(`partitions on a cluster (${noCitus ?? 'there is one'})`, () => {
  beforeEach(async () => {
    now = instantFromMilliseconds(Date.now())
    services = await createTestServices({ now: () => now })
    others = { ...services, progressWriter: progressWriterOf(services) }
    const once = { requestId: undefined }
    const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, ...once }, call)
    const limits = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false }
    const stat = { titleId: 'title', code: 'laps', displayName: '', setBy: 'server', extensions: {} } as const
    await createStat(services, { stat: { ...stat, ...limits }, ...once }, call)
    for (const [id, statCode] of [['counted'], ['reset'], ['followed', 'laps']] as const) {
      const achievement = achievementOf({ id, requirements: [requirementOf({ target: 1_000n, statCode })] })
      await createAchievement(services, { titleId: 'title', achievement, ...once }, call)
    }
    await recordProgress(services, reportOf('add', 2n, 'first'), call)
    await turn()
  })
  afterEach(() => services[Symbol.asyncDispose]())

  const turn = () => turnPartitions(services, now - 2n * DAY, NEVER_ABORTED)
  const nextDay = async () => {
    now += DAY
    await turn()
  }
  const startReset = () =>
    recordProgress(
      services,
      { ...reportOf('add', 1n, ''), achievementId: 'reset', requestId: undefined },
      call,
    )
  const query = <Row extends object>(text: string) => onDatabase<Row>(services.databaseUrl, text)
  const partitionsOf = async (table: string) =>
    (
      await query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits where inhparent = '${table}'::regclass order by 1`,
      )
    ).map(({ name }) => name)
  const eventsOf = async (requestId: string) =>
    Number(
      (await query<{ count: string }>(`select count(*) from events where request_id = '${requestId}'`))[0]
        ?.count,
    )

  test('have the ids of a day, and exist a day before', async () => {
    const rows = () =>
      Promise.all(
        ['events', 'player_requests'].map(async (table) => {
          const counts = []
          for (const partition of await partitionsOf(table))
            counts.push(
              Number((await query<{ count: string }>(`select count(*) from ${partition}`))[0]?.count),
            )
          return counts
        }),
      )
    await recordProgress(services, reportOf('reach', 1n, 'nothing 1'), call)
    const [[first = 0, ...later] = []] = await rows()
    expect(later).toEqual([0])
    await nextDay()
    await recordProgress(services, reportOf('add', 1n, 'second'), call)
    await recordProgress(services, reportOf('reach', 1n, 'nothing 2'), call)
    expect(await rows()).toEqual([
      [first, 1, 0],
      [1, 1, 0],
    ])
    // The ids stay in a day until there are partitions for another one.
    now += 5n * DAY
    await turn()
    await recordProgress(services, reportOf('add', 1n, 'third'), call)
    expect((await rows())[0]).toEqual([first, 2, 0, 0])
    await turn()
    await recordProgress(services, reportOf('add', 1n, 'fourth'), call)
    expect((await rows())[0]).toEqual([first, 2, 0, 1])
  })

  test('are not created while nodes have the table locked, and keep no lock then', async () => {
    now += DAY
    {
      await using _ = await lockTable(
        services.databaseUrl,
        'events',
        databasesOf(services.databaseUrl).slice(1),
      )
      await expect(turn()).rejects.toThrow(LaurelError)
      expect(await eventsOf('first')).toBe(1)
    }
    await turn()
  })

  test('are dropped when all that they have has expired', async () => {
    const retained = async () => [await eventsOf('first'), await eventsOf('second'), await eventsOf('third')]
    const send = (requestId: string) => recordProgress(services, reportOf('add', 1n, requestId), call)
    const purge = () => purgeEventsBefore(services, now - 3n * DAY, NEVER_ABORTED)
    await recordProgress(services, reportOf('reach', 1n, 'nothing'), call)
    await purge()
    await nextDay()
    await send('second')
    await purge()
    await nextDay()
    const third = await send('third')
    await purge()
    expect((await partitionsOf('player_requests')).length).toBe(4)
    for (let day = 0; day < 2; day += 1) {
      await nextDay()
      await purge()
    }
    expect(await retained()).toEqual([1, 1, 1])
    await nextDay()
    await purge()
    expect(await retained()).toEqual([0, 1, 1])
    const oldest = (await query<{ count: string }>('select count(*) from player_requests'))[0]
    expect(oldest?.count).toBe('0')
    // Its id is of a day in which responses have not expired.
    expect(await send('third')).toEqual(third)
  })

  test.each(Object.entries(REQUESTS))(
    'let %s be sent twice on both sides of a boundary',
    async (_, { events, send }) => {
      for (const [index, [one, other]] of [
        [services, others] as const,
        [others, services] as const,
      ].entries()) {
        await startReset()
        const requestId = `apart ${index}`
        const first = await send(one, requestId)
        await nextDay()
        expect(await send(other, requestId)).toEqual(first)
        expect(await eventsOf(requestId)).toBe(events)
      }
    },
  )

  test.each(Object.entries(REQUESTS))(
    'let %s be sent twice while a day begins',
    async (_, { events, send }) => {
      for (let day = 1n; day <= 6n; day += 1n)
        await services.store.write(NEVER_ABORTED, (queries) => queries.partitions.createNext(now + day * DAY))
      for (let round = 0; round < 6; round += 1) {
        await startReset()
        now += DAY
        const requestId = `at once ${round}`
        const start = () => services.store.write(NEVER_ABORTED, (queries) => queries.partitions.startDay(now))
        const both = [() => send(services, requestId), () => send(others, requestId)]
        // Each of them begins before the other, and before and after the day.
        const steps = round % 2 === 0 ? [both[0], start, both[1]] : [both[1], start, both[0]]
        const [first, , second] = await Promise.all(steps.map((step) => step?.()))
        expect(second).toEqual(first)
        expect(await eventsOf(requestId)).toBe(events)
        expect(await send(services, requestId)).toEqual(first)
      }
    },
  )

  test('keep the first of two responses that a merge finds on both sides of a boundary', async () => {
    await recordProgress(services, reportOf('add', 5n, 'start', 'ben'), call)
    const first = await recordProgress(services, reportOf('reach', 1n, 'same'), call)
    await nextDay()
    await recordProgress(services, reportOf('reach', 1n, 'same', 'ben'), call)
    await recordProgress(services, reportOf('reach', 2n, 'other', 'ben'), call)
    await mergePlayers(
      services,
      { playerId: 'ann', absorbedPlayerId: 'ben', reason: '', requestId: undefined },
      call,
    )
    expect(await recordProgress(services, reportOf('reach', 1n, 'same'), call)).toEqual(first)
    const stored = await query<{ request_id: string }>(
      `select player_id || ' ' || request_id as request_id from player_requests where request_id <> 'start' order by 1`,
    )
    expect(stored.map((row) => row.request_id)).toEqual(['ann other', 'ann same'])
  })
})
