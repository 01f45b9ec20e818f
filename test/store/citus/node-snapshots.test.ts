import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { citusUrls, databasesOf, lockTable, noCitus } from '../../support/citus.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'
import { startProxy } from '../../support/severed.ts'

const call = callOf()
const [, firstWorker = 'postgres://none'] = citusUrls
const { hostname, port } = new URL(firstWorker)
const reason =
  noCitus ??
  (citusUrls.length < 3 || hostname !== '127.0.0.1' ? 'TEST_CITUS_URLS names no two workers here' : undefined)

let services: TestServices

describe.skipIf(reason !== undefined)(`snapshots of all nodes (${reason ?? 'there is a cluster'})`, () => {
  beforeEach(async () => {
    services = await createTestServices()
    const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, call)
    const achievement = achievementOf({ id: 'counted', requirements: [requirementOf({ target: 10n })] })
    await createAchievement(services, { titleId: 'title', achievement, requestId: undefined }, call)
  })
  afterEach(() => services[Symbol.asyncDispose]())

  const report = (playerId: string) =>
    recordProgress(
      services,
      {
        titleId: 'title',
        achievementId: 'counted',
        playerId,
        report: { kind: 'add', requirementId: undefined, quantity: 1n },
        occurredTime: undefined,
        requestId: undefined,
      },
      call,
    )
  const useAddress = (newPort: string) =>
    onDatabase(
      services.databaseUrl,
      `select citus_update_node(nodeid, '${hostname}', ${newPort}) from pg_dist_node
       where noderole = 'primary' and groupid = (select min(groupid) from pg_dist_node where groupid > 0)`,
    )

  test('keep no writers of other nodes out when the network to one of them drops packets', async () => {
    const [, first = '', second = ''] = databasesOf(services.databaseUrl)
    const [other] = await onDatabase<{ id: string }>(
      services.databaseUrl,
      `select n::text as id from generate_series(1, 100) as n
       join pg_dist_shard on shardid = get_shard_id_for_distribution_column('players', n::text)
       join pg_dist_placement using (shardid) where groupid = (select max(groupid) from pg_dist_node) limit 1`,
    )
    const { id = '' } = other ?? {}
    await report(id)
    await using proxy = await startProxy(firstWorker)
    await useAddress(new URL(proxy.url).port)
    // The node of the proxy keeps the snapshot waiting, while it has its locks on the others.
    await using _ = await lockTable(services.databaseUrl, 'players', [first])
    const parts = services.store.snapshot(NEVER_ABORTED, async function* (queries) {
      yield* queries.records.readLines('player', [])
    })
    const failed = Array.fromAsync(parts).catch((error: unknown) => error)
    const locks = () =>
      onDatabase(
        second,
        `select from pg_locks where mode = 'ShareLock' and locktype = 'relation' and granted`,
      )
    await expect.poll(locks).not.toEqual([])
    proxy.stall()
    await report(id)
    expect(await failed).toBeInstanceOf(Error)
    await useAddress(port)
  })
})
