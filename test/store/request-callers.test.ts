import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { EVERYTHING, type Principal } from '../../src/model/principal.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import type { Call } from '../../src/service/call.ts'
import { callerKey } from '../../src/service/idempotency.ts'
import { mergePlayers } from '../../src/service/players/merge-players.ts'
import { createPlayer } from '../../src/service/players/players.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import { recordStats } from '../../src/service/stats/stat-values.ts'
import { createStat } from '../../src/service/stats/stats.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { up } from '../../src/store/migrations/0013-callers-of-requests.ts'
import { skipOnCluster } from '../support/citus.ts'
import { onDatabase } from '../support/deliveries.ts'
import { achievementOf, requirementOf } from '../support/records.ts'
import { createTestServices, type TestServices } from '../support/services.ts'

let services: TestServices

const callBy = (principal: Principal): Call => ({
  signal: NEVER_ABORTED,
  principal,
  actor: principal.name,
  operation: 'test',
})
const service = (name: string) => callBy({ kind: 'service', name, permissions: EVERYTHING })
const operator = (name: string) => callBy({ kind: 'operator', name, permissions: EVERYTHING })
const playerCall = (name: string) => callBy({ kind: 'player', name, playerId: name, permissions: [] })
const [ann, bob] = [service('ann'), service('bob')]

beforeAll(async () => {
  services = await createTestServices()
  const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, ann)
  const achievement = achievementOf({ id: 'a', requirements: [requirementOf()] })
  await createAchievement(services, { titleId: 'title', achievement, requestId: undefined }, ann)
})
afterAll(() => services[Symbol.asyncDispose]())

/** Reports an amount, which counts each time that it is not recognised as repeated. */
const add = (playerId: string, by: bigint, requestId: string, call: Call) => {
  const report = { kind: 'add', requirementId: undefined, quantity: by } as const
  const key = { titleId: 'title', playerId, achievementId: 'a', occurredTime: undefined }
  return recordProgress(services, { ...key, report, requestId }, call)
}
const stat = (code: string, requestId: string, call: Call) => {
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false }
  const texts = { titleId: 'title', code, displayName: code, setBy: 'client', extensions: {} } as const
  return createStat(services, { stat: { ...texts, ...bounds }, requestId }, call)
}
/** Its response is a row of its own, as were those of all earlier requests. */
const increment = (playerId: string, by: number, requestId: string, call: Call) => {
  const updates = [{ code: 'kills', operation: 'increment', value: by } as const]
  return recordStats(
    services,
    { titleId: 'title', playerId, updates, occurredTime: undefined, requestId },
    call,
  )
}
const REUSED = { reason: 'REQUEST_ID_REUSED' }

test('the key of a caller differs by kind and name, and is short', () => {
  const calls = [
    ann,
    bob,
    operator('ann'),
    operator('bob'),
    service('service'),
    service('ann"'),
    playerCall('ann'),
  ]
  const keys = calls.map(({ principal }) => callerKey(principal))
  expect(new Set(keys).size).toBe(calls.length)
  expect(keys.every((key) => key.length <= 12 && key !== '?')).toBe(true)
  expect(callerKey({ ...ann.principal, permissions: [] } as Principal)).toBe(keys[0])
  expect(callerKey({ kind: 'operator', name: 'service', permissions: EVERYTHING, unchecked: true })).toBe('')
})

test('reports of several callers under one request id, in one batch, are all recorded, once each', async () => {
  const calls = [ann, bob, operator('ann'), playerCall('pia')]
  const report = () => Promise.all(calls.map((call, index) => add('pia', BigInt(index + 1), 'batch', call)))
  const first = await report()
  expect(first.map(({ changed }) => changed)).toEqual([true, true, true, true])
  expect(await report()).toEqual(first)
  await expect(add('pia', 9n, 'batch', ann)).rejects.toMatchObject(REUSED)
})

test('a merge moves the responses of all callers', async () => {
  for (const id of ['old', 'new']) {
    await createPlayer(services, { player: { id, displayName: id, accounts: [] }, requestId: undefined }, ann)
  }
  const [ofAnn, ofBob] = [await add('old', 1n, 'merged', ann), await add('new', 2n, 'merged', bob)]
  const request = { playerId: 'new', absorbedPlayerId: 'old', reason: '', requestId: undefined }
  await mergePlayers(services, request, ann)
  expect(await add('new', 2n, 'merged', bob)).toEqual(ofBob)
  expect(await add('old', 1n, 'merged', ann)).toMatchObject({ progress: ofAnn.progress })
})

test('a request from before the callers were stored is recognised by its content, from any caller', async ({
  skip,
}) => {
  skipOnCluster(skip, 'the key of a distributed table cannot be replaced')
  const created = await stat('kills', 'd', ann)
  const report = await increment('ned', 1, 'r', ann)
  await onDatabase(
    services.databaseUrl,
    `alter table player_requests drop constraint player_requests_pkey, drop column caller;
     delete from player_requests where player_id <> 'ned';
     alter table player_requests add primary key (player_id, request_id);
     delete from definition_requests where request_id <> 'd';
     alter table definition_requests drop constraint definition_requests_pkey, drop column scope, drop column caller;
     alter table definition_requests add primary key (request_id)`,
  )
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: services.databaseUrl }) }),
  })
  await up(db)
  await db.destroy()
  for (const call of [ann, bob]) {
    expect(await increment('ned', 1, 'r', call)).toEqual(report)
    expect(await stat('kills', 'd', call)).toEqual(created)
  }
  // Another request under the id is new, and then belongs to its caller.
  const [second, other] = [await increment('ned', 5, 'r', bob), await stat('deaths', 'd', bob)]
  expect(second.values).toMatchObject([{ value: 6 }])
  expect(await increment('ned', 5, 'r', bob)).toEqual(second)
  expect(await stat('deaths', 'd', bob)).toEqual(other)
  await expect(increment('ned', 6, 'r', bob)).rejects.toMatchObject(REUSED)
  await expect(stat('other', 'd', bob)).rejects.toMatchObject(REUSED)
  expect(await increment('ned', 1, 'r', ann)).toEqual(report)
})
