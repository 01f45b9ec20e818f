import { Client, credentials, status } from '@grpc/grpc-js'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { RPCS, type Rpc } from '../support/rpc-requests.ts'
import { startServer } from '../support/server.ts'

const CALLS = 10_000
const WORKERS = 50
const titleId = TITLE_ID
const text = { locale: 'en', text: 'x' }
const one = { quantity: { value: { $case: 'integer', value: 1n } } }

type Call = (method: string, request: object) => Promise<Readonly<Record<string, unknown>>>

/** A client of all services of a server, which takes calls by the name of their method. */
function clientOf(address: string): { readonly call: Call; close(): void } {
  const client = new Client(address, credentials.createInsecure())
  return {
    call: (method, request) =>
      new Promise((resolve, reject) => {
        const { definition, complete } = RPCS.get(method) as Rpc
        const { path, requestSerialize, responseDeserialize } = definition
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          complete(request),
          (error, response) => (error ? reject(error) : resolve(response as Record<string, unknown>)),
        )
      }),
    close: () => client.close(),
  }
}

/** What a worker does in turn, all of it for players and titles of its own; `count` grows with each round. */
function stepsOf(worker: number, count: number): readonly (readonly [method: string, request: object])[] {
  const [playerId, passing] = [`player-${worker}`, `passing-${worker}-${count}`]
  const own = `own-${worker}-${count}`
  const achievement = { titleId: own, achievementId: 'first', name: text, description: text }
  const lap = { titleId, achievementId: 'marathon', report: { $case: 'add', value: one } }
  return [
    ['recordProgress', { ...lap, playerId }],
    ['getTitle', { titleId }],
    ['recordStats', { titleId, playerId, updates: [{ statCode: 'coins', operation: 2, value: 2 }] }],
    ['listProgress', { titleId, playerId }],
    ['unlockAchievement', { titleId, playerId, achievementId: 'first-lap' }],
    ['createTitle', { title: { titleId: own, displayName: own, defaultLocale: 'en' } }],
    ['createAchievement', { achievement }],
    ['getPlayerSummary', { titleId, playerId }],
    ['unlockAchievement', { titleId: own, playerId: passing, achievementId: 'first' }],
    ['recordProgress', { ...lap, playerId: passing }],
    ['updateAchievement', { achievement: { ...achievement, tags: ['new'] }, updateMask: ['tags'] }],
    ['listAchievements', { titleId: own }],
    ['resetProgress', { titleId: own, playerId: passing }],
    ['getStat', { titleId, statCode: 'coins' }],
    ['updateTitle', { title: { titleId: own, displayName: 'renamed' }, updateMask: ['display_name'] }],
    ['deletePlayer', { playerId: passing }],
    ['listTitles', { pageSize: 10 }],
    ['deleteAchievement', { titleId: own, achievementId: 'first', force: true }],
    ['deleteTitle', { titleId: own, force: true }],
    ['getProgress', { titleId, playerId, achievementId: 'marathon' }],
  ]
}

test('two servers behind PgBouncer in transaction mode lose nothing and fail nothing', async ({ skip }) => {
  skip(noPgbouncer !== undefined, noPgbouncer)
  await using database = await createTestDatabase()
  await using pooler = await startPgbouncer(database.url, { pool_mode: 'transaction', default_pool_size: 3 })
  const env = { LAUREL_LOG_LEVEL: 'info' }
  await using first = await startServer({ databaseUrl: pooler.url, env })
  await using second = await startServer({ databaseUrl: pooler.url, env })
  await createFixture(first.address, { 'first-lap': undefined, marathon: 1_000_000n })
  const servers = [first, second].map(({ address }) => clientOf(address))
  await servers[0]?.call('createStat', { stat: { titleId, statCode: 'coins' } })

  const failures: unknown[] = []
  const newly = new Map<string, number>()
  const rounds = CALLS / WORKERS / stepsOf(0, 0).length
  const work = async (worker: number) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, [method, request]] of stepsOf(worker, round).entries()) {
        const call = servers[(worker + round + index) % 2]?.call as Call
        try {
          const response = await call(method, request)
          const { playerId, titleId: title } = request as { playerId: string; titleId: string }
          if (response['newlyUnlocked'] === true && title === titleId) {
            newly.set(playerId, (newly.get(playerId) ?? 0) + 1)
          }
        } catch (error) {
          const { code, message } = error as { code: status; message: string }
          failures.push({ method, code: status[code], message })
        }
      }
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)))
  for (const server of servers) server.close()

  expect(failures).toEqual([])
  const players = Array.from({ length: WORKERS }, (_, worker) => `player-${worker}`)
  expect(newly).toEqual(new Map(players.map((player) => [player, 1])))
  expect(await stored(database.url)).toEqual({
    titles: [{ id: titleId }],
    players: players
      .toSorted()
      .map((id) => ({ id, unlocked: 1, laps: rounds, coins: rounds * 2, events: rounds + 1 })),
  })
  for (const server of [first, second]) {
    expect(server.output().match(/"keepsSettings":false,"keepsStatements":false/g)).toHaveLength(1)
  }
})

async function stored(url: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const titles = await client.query('select id from titles')
  const players = await client.query(`
    select id, (select unlocked_count from player_titles t where t.player_id = p.id) as unlocked,
      (select (values->>'count')::int from progress t where t.player_id = p.id and achievement_id = 'marathon') as laps,
      (select value::int from stat_values t where t.player_id = p.id) as coins,
      (select count(*)::int from events t where t.player_id = p.id) as events
    from players p order by id`)
  await client.end()
  return { titles: titles.rows, players: players.rows }
}
