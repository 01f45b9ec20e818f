import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LaurelError } from '../../../src/model/errors.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { batchRecordProgress, recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { Services } from '../../../src/service/services.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createStat } from '../../../src/service/stats/stats.ts'
import { createTitle, deleteTitle } from '../../../src/service/titles/titles.ts'
import { openStore } from '../../../src/store/store.ts'
import { citusUrls, loseNode, moveShards, noCitus, splitShards, urlOfDatabase } from '../../support/citus.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, servicesOn } from '../../support/services.ts'
import { startProxy } from '../../support/severed.ts'

const call = callOf()
const PLAYERS = Array.from({ length: 16 }, (_, index) => `player-${index}`)
const key = { titleId: 'title', achievementId: 'counted' }
const [, firstWorker = '', secondWorker = ''] = citusUrls
/** Whether nodes reach a proxy that this process starts. */
const isLocal = new URL(firstWorker || 'postgres://none').hostname === '127.0.0.1'
const reason = noCitus ?? (citusUrls.length < 3 ? 'TEST_CITUS_URLS names one worker' : undefined)

let database: TestDatabase
let services: Services
/** Of the database. */
let name: string

/** A report that is written once, however often it is sent. */
const add = (playerId: string, requestId: string) => ({
  ...key,
  playerId,
  report: { kind: 'add' as const, requirementId: undefined, quantity: 1n },
  occurredTime: undefined,
  requestId,
})

describe.skipIf(reason !== undefined)(
  `reports on the nodes of a cluster (${reason ?? 'there is one'})`,
  () => {
    beforeEach(async () => {
      database = await createTestDatabase()
      name = new URL(database.url).pathname.slice(1)
      // The connections to a lost worker end.
      services = servicesOn(openStore({ connectionString: database.url, poolSize: 10, onError: () => {} }))
      const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
      await createTitle(services, { title, requestId: undefined }, call)
      const achievement = achievementOf({
        id: 'counted',
        requirements: [requirementOf({ target: 1_000_000n })],
      })
      await createAchievement(services, { titleId: 'title', achievement, requestId: undefined }, call)
      for (const playerId of PLAYERS) await recordProgress(services, add(playerId, 'first'), call)
    })
    afterEach(async () => {
      await services.store.close()
      await database[Symbol.asyncDispose]()
    })

    test('are written without the locked path, by a transaction of the node alone', async () => {
      const prepared = () => countOf('select count(*)::integer as count from pg_dist_transaction')
      const preparedBefore = await prepared()
      const before = services.progressWriter.counts
      await batchRecordProgress(services, { items: PLAYERS.map((player) => add(player, 'second')) }, call)
      const after = services.progressWriter.counts
      expect(after).toMatchObject({ optimistic: before.optimistic + PLAYERS.length, locked: before.locked })
      expect(after.batches - before.batches).toBe(2)
      expect(await prepared()).toBe(preparedBefore)
    })

    test('go on for the players of one worker while another is lost', async () => {
      const lost = await playersOn(secondWorker)
      const served = PLAYERS.filter((player) => !lost.includes(player))
      expect(lost.length * served.length).toBeGreaterThan(0)
      {
        await using _ = await loseNode(secondWorker, name)
        for (let round = 0; round < 10; round += 1) {
          const failures = await Promise.all(
            lost.flatMap((player) => [
              recordProgress(services, add(player, `lost-${round}`), call).catch((error: unknown) => error),
              getProgress(services, { ...key, playerId: player }, call).catch((error: unknown) => error),
            ]),
          )
          for (const failure of failures) expect(failure).toMatchObject({ code: 'unavailable' })
          for (const player of served) {
            expect(await recordProgress(services, add(player, `served-${round}`), call)).toMatchObject({
              changed: true,
            })
            await getProgress(services, { ...key, playerId: player }, call)
          }
        }
        const items = PLAYERS.map((player) => add(player, 'mixed'))
        const outcomes = await batchRecordProgress(services, { items }, call)
        expect(outcomes.map((outcome) => !(outcome instanceof LaurelError))).toEqual(
          PLAYERS.map((player) => served.includes(player)),
        )
        await expect(rename('during')).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringContaining('a node of the database fails'),
        })
      }
      // The breaker of the node lets a call through after half a second.
      await sleep(600)
      for (const player of PLAYERS)
        await recordProgress(services, add(player, 'after'), call).catch(() => sleep(600))
      for (const player of lost)
        expect(await recordProgress(services, add(player, 'later'), call)).toBeDefined()
      await rename('afterwards')
    })

    test('are stats too, which are served for the players of one worker while another is lost', async () => {
      const limits = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false }
      const stat = {
        titleId: 'title',
        code: 'laps',
        displayName: '',
        setBy: 'server',
        extensions: {},
      } as const
      await createStat(services, { stat: { ...stat, ...limits }, requestId: undefined }, call)
      const lost = await playersOn(secondWorker)
      await using _ = await loseNode(secondWorker, name)
      const updates = [{ code: 'laps', operation: 'increment', value: 1 }] as const
      const outcomes = PLAYERS.map((playerId) =>
        recordStats(
          services,
          { titleId: 'title', playerId, updates, occurredTime: undefined, requestId: undefined },
          call,
        ).then(
          () => 'served',
          ({ code }: LaurelError) => code,
        ),
      )
      expect(await Promise.all(outcomes)).toEqual(
        PLAYERS.map((player) => (lost.includes(player) ? 'unavailable' : 'served')),
      )
    })

    test('let a title be deleted that new players start all the time', async () => {
      let isDone = false
      const outcomes = new Set<unknown>()
      const starting = PLAYERS.map(async (player) => {
        for (let count = 0; !isDone; count += 1)
          await recordProgress(services, add(`${player}-${count}`, 'busy'), call).catch(
            ({ reason }: LaurelError) => outcomes.add(reason),
          )
      })
      await sleep(200)
      const deletion = { titleId: 'title', etag: undefined, force: true, requestId: undefined }
      await deleteTitle(services, deletion, call).finally(() => {
        isDone = true
      })
      await Promise.all(starting)
      expect([...outcomes]).toEqual([...outcomes].filter((each) => /_NOT_FOUND$/.test(String(each))))
      expect(await countOf('select count(*)::integer as count from player_titles')).toBe(0)
    })

    const move = async (from: string, to: string) => {
      await moveShards(database.url, from, to)
      await moveShards(database.url, to, from)
    }

    test.each([
      ['moved to another worker and back', () => move(firstWorker, secondWorker)],
      ['split', () => splitShards(database.url)],
    ])('are written once each while all shards are %s', async (_, change) => {
      let isDone = false
      const written = Promise.all(
        PLAYERS.map(async (player) => {
          let count = 0
          for (; !isDone; count += 1) await untilRecorded(player, `moved-${count}`)
          return count
        }),
      )
      await change()
      isDone = true
      const counts = await written
      for (const [index, player] of PLAYERS.entries()) {
        const { values } = (await getProgress(services, { ...key, playerId: player }, call)).progress
        expect(values['count']).toBe(1n + BigInt(counts[index] as number))
      }
      const events = "select count(*)::integer as count from events where player_id <> ''"
      expect(await countOf(events)).toBe(counts.reduce((sum, count) => sum + count + 1, 0))
      // The first ones may be written under lock, and have the server read where the shards are.
      for (const player of PLAYERS) await recordProgress(services, add(player, 'found'), call)
      const before = services.progressWriter.counts
      for (const player of PLAYERS) await recordProgress(services, add(player, 'at rest'), call)
      expect(services.progressWriter.counts.locked).toBe(before.locked)
    })

    describe.skipIf(!isLocal)('go to the new address of a worker', () => {
      const { hostname, port } = new URL(firstWorker || 'postgres://none')
      const update = (newPort: string) =>
        onCoordinator(`select citus_update_node(nodeid, '${hostname}', ${newPort}) from pg_dist_node
        where noderole = 'primary' and groupid = (select min(groupid) from pg_dist_node where groupid > 0)`)
      const record = (on: Services, id: string) =>
        batchRecordProgress(on, { items: PLAYERS.map((player) => add(player, id)) }, call)
      const untilServed = (on: Services, id: string) =>
        expect
          .poll(async () => (await record(on, id)).filter((outcome) => outcome instanceof LaurelError), {
            interval: 200,
          })
          .toEqual([])

      test.each(['lost', 'a standby'])('that is %s at the former one', async (kind) => {
        await using proxy = await startProxy(firstWorker)
        await update(new URL(proxy.url).port)
        const store = openStore({ connectionString: database.url, poolSize: 10, onError: () => {} })
        await using _ = { [Symbol.asyncDispose]: () => store.close() }
        const another = servicesOn(store)
        await record(another, 'through the proxy')
        await update(port)
        if (kind === 'a standby') {
          // Only the connections through the proxy: the next ones find a primary.
          await onWorker(`alter database ${name} set default_transaction_read_only = on`)
          proxy.cut()
          proxy.mend()
          await sleep(200)
          const outcomes = await record(another, 'at a standby')
          const errors = outcomes.filter((outcome) => outcome instanceof LaurelError)
          expect(new Set(errors.map(({ reason }) => reason))).toEqual(new Set(['DATABASE_READ_ONLY']))
          await onWorker(`alter database ${name} reset default_transaction_read_only`)
          await untilServed(another, 'at the new address')
        }
        proxy.cut()
        if (kind === 'lost') await untilServed(another, 'at the new address')
        const outcomes = await record(another, 'without the proxy')
        expect(outcomes.filter((outcome) => outcome instanceof LaurelError)).toEqual([])
      })
    })

    test('are awaited by a change of their definition', async () => {
      const worker = new pg.Client({ connectionString: urlOfDatabase(firstWorker, name) })
      await worker.connect()
      const { rows } = await worker.query<{ name: string }>(
        "select shard_name(logicalrelid, shardid) as name from pg_dist_shard where logicalrelid = 'achievements'::regclass",
      )
      await worker.query(`begin; select from ${rows[0]?.name} for share`)
      const renamed = rename('later')
      await expect(Promise.race([renamed, sleep(500)])).resolves.toBeUndefined()
      await worker.query('commit')
      await renamed
      await worker.end()
    })
  },
)

async function onWorker(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: firstWorker })
  await client.connect()
  await client.query(statement)
  await client.end()
}

async function rename(text: string): Promise<unknown> {
  const patch = { name: { locale: 'en', text, translations: {} } }
  return updateAchievement(services, { ...key, patch, etag: undefined, requestId: undefined } as never, call)
}

async function untilRecorded(player: string, requestId: string): Promise<void> {
  for (;;) {
    try {
      await recordProgress(services, add(player, requestId), call)
      return
    } catch (error) {
      if (!(error instanceof LaurelError) || error.code !== 'aborted') throw error
    }
  }
}

async function playersOn(worker: string): Promise<readonly string[]> {
  const { rows } = await onCoordinator<{ id: string }>(
    `select id from unnest(array['${PLAYERS.join("','")}']) as id
    join pg_dist_placement p on p.shardid = get_shard_id_for_distribution_column('players', id)
    join pg_dist_node n on n.groupid = p.groupid where n.nodeport = ${Number(new URL(worker).port || 5432)}`,
  )
  return rows.map(({ id }) => id)
}

async function countOf(statement: string): Promise<number | undefined> {
  return (await onCoordinator<{ count: number }>(statement)).rows[0]?.count
}

async function onCoordinator<Row extends pg.QueryResultRow>(statement: string): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    return await client.query<Row>(statement)
  } finally {
    await client.end()
  }
}
