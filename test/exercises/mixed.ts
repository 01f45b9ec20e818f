import { Client, credentials, status } from '@grpc/grpc-js'
import { onDatabase } from '../support/deliveries.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { noNginx, startNginx } from '../support/nginx.ts'
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { RPCS, type Rpc } from '../support/rpc-requests.ts'
import { startServerProcess } from '../support/server.ts'
import { noSystemPostgres, startSystemPostgres } from '../support/system-postgres.ts'
import type { Counts, Exercise } from './exercise.ts'

const CALLS = 200_000
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

/** Returns the calls of a worker's round, for players and titles that no other worker uses. */
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

/** The titles and the players in the database. */
interface Stored {
  readonly titles: readonly object[]
  readonly players: readonly object[]
}

export interface MixedOptions {
  /** Of the servers that the workers call in turn. */
  readonly addresses: readonly string[]
  /** The database without the pooler, to read the stored rows. */
  readonly databaseUrl: string
  readonly calls: number
  readonly log?: (line: string) => void
}

export interface Mixed {
  readonly calls: number
  /** The failed calls. */
  readonly failures: readonly unknown[]
  /** How often each player's unlock was newly made. */
  readonly unlocks: ReadonlyMap<string, number>
  readonly stored: Stored
  /** The rows that the acknowledged calls must have left. */
  readonly expected: Stored
}

/** Runs rounds of twenty calls for each worker; with several addresses, each call goes to the next one. */
export async function mixedCalls({
  addresses,
  databaseUrl,
  calls,
  log = () => {},
}: MixedOptions): Promise<Mixed> {
  const servers = addresses.map(clientOf)
  await createFixture(addresses[0] as string, { 'first-lap': undefined, marathon: 1_000_000n })
  await servers[0]?.call('createStat', { stat: { titleId, statCode: 'coins' } })

  const failures: unknown[] = []
  const unlocks = new Map<string, number>()
  const rounds = Math.ceil(calls / WORKERS / stepsOf(0, 0).length)
  const work = async (worker: number) => {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, [method, request]] of stepsOf(worker, round).entries()) {
        const call = servers[(worker + round + index) % servers.length]?.call as Call
        try {
          const response = await call(method, request)
          const { playerId, titleId: title } = request as { playerId: string; titleId: string }
          if (response['newlyUnlocked'] === true && title === titleId) {
            unlocks.set(playerId, (unlocks.get(playerId) ?? 0) + 1)
          }
        } catch (error) {
          const { code, message } = error as { code: status; message: string }
          failures.push({ method, code: status[code], message })
        }
      }
      if (worker === 0) log(`${round + 1} of ${rounds} rounds`)
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)))
  for (const server of servers) server.close()
  const players = Array.from({ length: WORKERS }, (_, worker) => `player-${worker}`)
  const expected = {
    titles: [{ id: titleId }],
    players: players
      .toSorted()
      .map((id) => ({ id, unlocked: 1, laps: rounds, coins: rounds * 2, events: rounds + 1 })),
  }
  const made = rounds * WORKERS * stepsOf(0, 0).length
  return { calls: made, failures, unlocks, stored: await stored(databaseUrl), expected }
}

async function stored(url: string): Promise<Stored> {
  const titles = await onDatabase(url, 'select id from titles')
  const players = await onDatabase(
    url,
    `select id, (select unlocked_count from player_titles t where t.player_id = p.id) as unlocked,
      (select (values->>'count')::int from progress t where t.player_id = p.id and achievement_id = 'marathon') as laps,
      (select value::int from stat_values t where t.player_id = p.id) as coins,
      (select count(*)::int from events t where t.player_id = p.id) as events
    from players p order by id`,
  )
  return { titles, players }
}

/** @throws if a call failed, an unlock was made twice, or a sum is wrong */
export function countsOf({ calls, failures, unlocks, stored: found, expected }: Mixed): Counts {
  if (failures.length > 0)
    throw new Error(`${failures.length} calls failed: ${JSON.stringify(failures.slice(0, 20))}`)
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`stored: ${JSON.stringify(found)}\nacknowledged: ${JSON.stringify(expected)}`)
  }
  if (unlocks.size !== WORKERS || [...unlocks.values()].some((count) => count !== 1)) {
    throw new Error(`not every unlock was new exactly once: ${JSON.stringify([...unlocks])}`)
  }
  return { calls, failed: failures.length, unlocks: unlocks.size }
}

export const behindPgbouncer = (mode: 'transaction' | 'session'): Exercise => ({
  title: `two servers take mixed calls behind a PgBouncer in ${mode} mode`,
  times: CALLS,
  async run(times, log) {
    const missing = noPgbouncer ?? noSystemPostgres
    if (missing !== undefined) throw new Error(missing)
    await using postgres = await startSystemPostgres()
    const size = mode === 'transaction' ? 3 : 60
    await using pooler = await startPgbouncer(postgres.url, { pool_mode: mode, default_pool_size: size })
    await using first = await startServerProcess({ databaseUrl: pooler.url })
    await using second = await startServerProcess({ databaseUrl: pooler.url })
    const addresses = [first.address, second.address]
    return countsOf(await mixedCalls({ addresses, databaseUrl: postgres.url, calls: times, log }))
  },
})

export const behindNginx: Exercise = {
  title: 'two servers take mixed calls behind an nginx',
  times: CALLS,
  async run(times, log) {
    const missing = noNginx ?? noSystemPostgres
    if (missing !== undefined) throw new Error(missing)
    await using postgres = await startSystemPostgres()
    const databaseUrl = postgres.url
    await using first = await startServerProcess({ databaseUrl })
    await using second = await startServerProcess({ databaseUrl })
    await using nginx = await startNginx([first.address, second.address])
    return countsOf(await mixedCalls({ addresses: [nginx.address], databaseUrl, calls: times, log }))
  },
}
