import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { instantFromMilliseconds, TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { purgeEventsBefore } from '../../../src/service/events/purge-events.ts'
import { turnPartitions } from '../../../src/service/events/turn-partitions.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { Services } from '../../../src/service/services.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { backup } from '../../../src/store/backup/backup.ts'
import { restore } from '../../../src/store/backup/restore.ts'
import { distribute } from '../../../src/store/citus/distribute.ts'
import { openStore } from '../../../src/store/store.ts'
import { databasesOf, noCitus, openClusterDatabase } from '../../support/citus.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, servicesOn, type TestServices } from '../../support/services.ts'

const OPTIONS = { laurelVersion: '0.1.0', signal: NEVER_ABORTED, onBytes: () => {} }
const DAY = 86_400n * TICKS_PER_SECOND

const call = callOf()
let folder: string
let services: TestServices
let now = 0n

const report = (on: Services, kind: 'add' | 'reach', requestId: string) =>
  recordProgress(
    on,
    {
      titleId: 'title',
      playerId: 'ann',
      achievementId: 'counted',
      occurredTime: undefined,
      requestId,
      report: { kind, requirementId: undefined, quantity: 1n },
    },
    call,
  )

const numberOf = async (url: string, query: string) =>
  Number((await onDatabase<{ number: string }>(url, `select (${query}) as number`))[0]?.number)

async function nextDay(): Promise<void> {
  now += DAY
  await turnPartitions(services, now - 2n * DAY, NEVER_ABORTED)
  await purgeEventsBefore(services, now - 30n * DAY, NEVER_ABORTED)
}

describe.skipIf(noCitus !== undefined)(`a backup of a cluster (${noCitus ?? 'there is one'})`, () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'laurel-cluster-backup-'))
    now = instantFromMilliseconds(Date.now())
    services = await createTestServices({ now: () => now })
    const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, call)
    const achievement = achievementOf({ id: 'counted', requirements: [requirementOf({ target: 1_000n })] })
    await createAchievement(services, { titleId: 'title', achievement, requestId: undefined }, call)
    await turnPartitions(services, now - 2n * DAY, NEVER_ABORTED)
  })
  afterEach(async () => {
    await services[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('has the request ids that one Postgres can have, and is distributed again', async () => {
    await report(services, 'add', 'again')
    await report(services, 'reach', 'nothing')
    for (let day = 0; day < 6; day += 1) await nextDay()
    await report(services, 'add', 'again')
    const changed = await report(services, 'add', 'changed')
    const unchanged = await report(services, 'reach', 'nothing')
    await nextDay()
    // Two servers may each store a response when a day begins.
    const columns = 'player_id, request_id, caller, fingerprint, create_time'
    await onDatabase(
      services.databaseUrl,
      `insert into player_requests (id, response, ${columns})
       select (select last_value from events_id_seq), '{}', ${columns} from player_requests where request_id = 'nothing'`,
    )
    const file = join(folder, 'days')
    await backup(services.databaseUrl, file, OPTIONS)

    await using target = await openClusterDatabase()
    await restore(target.url, file, OPTIONS)
    const counts = () =>
      onDatabase(
        target.url,
        `select (select count(*)::int from events where request_id = 'again') as events,
           (select count(*)::int from events where request_id = 'again' and request_key is not null) as keys,
           (select count(*)::int from player_requests where request_id = 'nothing') as responses,
           (select count(*)::int from pg_inherits) as partitions`,
      )
    expect(await counts()).toEqual([{ events: 2, keys: 1, responses: 1, partitions: 0 }])
    const lastId = await numberOf(services.databaseUrl, 'select last_value from events_id_seq')

    await distribute(target.url)
    expect(await counts()).toMatchObject([{ events: 2, keys: 1, responses: 1 }])
    const store = openStore({ connectionString: target.url, poolSize: 2, onError: () => {} })
    const restored = servicesOn(store, { now: () => now })
    expect(await report(restored, 'add', 'changed')).toEqual(changed)
    expect(await report(restored, 'reach', 'nothing')).toEqual(unchanged)
    await report(restored, 'add', 'new')
    await restored.safePosition.close()
    await store.close()
    expect(await numberOf(target.url, `select id from events where request_id = 'new'`)).toBeGreaterThan(
      lastId,
    )
  })

  test('waits for a transaction that writes to a node alone', async () => {
    await report(services, 'add', 'first')
    const [shard] = await onDatabase<{ index: number; name: string }>(
      services.databaseUrl,
      `select groupid - (select min(groupid) from pg_dist_node where groupid > 0) as index, shard_name('player_titles', shardid) as name
       from pg_dist_shard join pg_dist_placement using (shardid)
       where shardid = get_shard_id_for_distribution_column('player_titles', 'ann')`,
    )
    const worker = new pg.Client(databasesOf(services.databaseUrl)[(shard?.index ?? 0) + 1] as string)
    await worker.connect()
    await worker.query('begin; set local citus.enable_manual_changes_to_shards = on')
    await worker.query(`update ${shard?.name} set score = score + 7`)
    const running = backup(services.databaseUrl, join(folder, 'waiting'), OPTIONS)
    const isRunning = Symbol('running')
    expect(await Promise.race([running, new Promise((end) => setTimeout(end, 1_500, isRunning))])).toBe(
      isRunning,
    )
    await worker.query('commit')
    await worker.end()
    await running
    await using target = await openClusterDatabase()
    await restore(target.url, join(folder, 'waiting'), OPTIONS)
    expect(await numberOf(target.url, 'select score from player_titles')).toBe(7)
  })
})
