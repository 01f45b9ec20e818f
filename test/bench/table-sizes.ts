/**
 * Prints the size of a million rows of each table that grows, with its indexes: records reports on a real server with a webhook, and
 * divides. Run with `npm exec -c 'node test/bench/table-sizes.ts'`.
 */
import { bridgeOn } from '../support/bridge.ts'
import { onDatabase } from '../support/deliveries.ts'
import { startFakePlatform } from '../support/fake-platform.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { postJson } from '../support/post-json.ts'
import { HOOK, HOOK_SECRET, record, until } from '../support/relay.ts'
import { startServer } from '../support/server.ts'
import { startPostgres } from './started-postgres.ts'

const PLAYERS = 20_000
/** Of calls that take one record each. */
const CALLS = 2_000
const TABLES = [
  'progress',
  'events',
  'player_requests',
  'definition_requests',
  'deliveries',
  'audit_entries',
  'player_tombstones',
  'players',
  'player_titles',
]

await using cleanup = new AsyncDisposableStack()
const connectionString = await startPostgres(cleanup, false)
const platform = await startFakePlatform()
cleanup.defer(() => platform.close())
const server = cleanup.use(
  await startServer({ databaseUrl: connectionString, env: { LAUREL_CREDENTIAL_HOOK: HOOK_SECRET } }),
)
await createFixture(server.address, { marathon: 1_000n })
const bridge = cleanup.use(bridgeOn(server.address))
const limits = { requestsPerSecond: 1000 }
await bridge.create({ destinationId: 'hook', url: `${platform.url}/hook`, limits, ...HOOK })

const report = { achievementId: 'marathon', value: 500 }
const players = Array.from({ length: PLAYERS }, (_, number) => ({ playerId: `player-${number}`, ...report }))
await record(server.address, players)
// The same again changes nothing.
await record(server.address, players)
for (let call = 0; call < CALLS; call += 1) {
  const playerId = `player-${PLAYERS + call}`
  const requestId = `request-${call}`
  const title = { titleId: TITLE_ID, displayName: `Name ${call}` }
  await post('PlayerService/CreatePlayer', { player: { playerId }, requestId })
  await post('TitleService/UpdateTitle', { title, updateMask: 'displayName', requestId })
  await post('PlayerService/DeletePlayer', { playerId, requestId: `delete-${call}` })
}
await until(() => platform.applied.size >= PLAYERS)

const rows = await onDatabase<{ table: string; count: number; bytes: string }>(
  connectionString,
  TABLES.map(
    (table) =>
      `select '${table}' as table, count(*)::int as count, pg_total_relation_size('${table}') as bytes from ${table}`,
  ).join(' union all '),
)
for (const { table, count, bytes } of rows)
  process.stdout.write(`${table} ${count} rows, ${Math.round(Number(bytes) / count)} MB per million rows\n`)

async function post(method: string, request: object): Promise<void> {
  const { status, body } = await postJson(`${server.url}/laurel.v1.${method}`, request)
  if (status !== 200) throw new Error(`${method}: ${JSON.stringify(body)}`)
}
