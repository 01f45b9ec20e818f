/**
 * Prints the rows per second of exporting progress as lines, and of COPY of the same rows to the same process, interleaved. Run with
 * `npm exec -c 'node test/bench/export-vs-copy.ts [PLAYERS] [ROUNDS]'`; each player has ten rows.
 */
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { columnsOf } from '../../src/store/columns.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import { createTitleWith } from '../support/migration-job.ts'
import { achievementOf, requirementOf } from '../support/records.ts'
import { servicesOn } from '../support/services.ts'
import { startPostgres } from './started-postgres.ts'

const [players = 20_000, rounds = 5] = process.argv.slice(2).map(Number)
const ACHIEVEMENTS = 10
const TITLE = 'bench'

await using cleanup = new AsyncDisposableStack()
const connectionString = await startPostgres(cleanup)
await migrate(connectionString)
const store = openStore({ connectionString, poolSize: 4, onError: () => {} })
cleanup.defer(() => store.close())
const services = servicesOn(store)
const achievements = Array.from({ length: ACHIEVEMENTS }, (_, index) =>
  achievementOf({ id: `a${index}`, requirements: [requirementOf({ target: 100n })] }),
)
await createTitleWith(services, TITLE, achievements)
const client = new pg.Client({ connectionString })
await client.connect()
cleanup.defer(() => client.end())
await client.query(
  "insert into players (id, display_name, create_time, update_time) select 'player-' || n, '', 0, 0 from generate_series(1, $1) n",
  [players],
)
await client.query('insert into player_titles (player_id, title_id) select id, $1 from players', [TITLE])
await client.query(
  `insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent, unlock_time,
     unlock_precision, first_report_time, last_report_time, revoked, writer, extensions, version)
   select p.id, $1, 'a' || n, case when n < 5 then 'achieved' else 'in_progress' end, jsonb_build_object('count', n::text), 0,
     case when n < 5 then 100 else n end, case when n < 5 then 16800000001234567 + n end, case when n < 5 then 'exact' end,
     16800000001234567, 16800000007654321, false, 'game-server', '{}', 1
   from players p cross join generate_series(0, 9) n order by random()`,
  [TITLE],
)
await client.query('vacuum analyze')

async function rowsPerSecond(chunks: () => AsyncIterable<Uint8Array>): Promise<number> {
  const start = performance.now()
  for await (const _ of chunks());
  return (players * ACHIEVEMENTS * 1000) / (performance.now() - start)
}

const exported = () => store.snapshot(NEVER_ABORTED, (queries) => queries.records.readLines('progress', []))
const copied = (order: string) => () =>
  client.query(copyTo(`copy (select ${columnsOf('progress')} from progress ${order}) to stdout`))
const ordered = copied('order by player_id, title_id, achievement_id')
const ratios: number[] = []
for (let round = 0; round < rounds; round += 1) {
  const [lines, rows, sorted] = [
    await rowsPerSecond(exported),
    await rowsPerSecond(copied('')),
    await rowsPerSecond(ordered),
  ]
  ratios.push(lines / rows)
  process.stdout.write(
    `lines ${Math.round(lines)} rows/s, COPY ${Math.round(rows)} rows/s, ratio ${(lines / rows).toFixed(2)}; ` +
      `COPY in the order of the lines ${Math.round(sorted)} rows/s, ratio ${(lines / sorted).toFixed(2)}\n`,
  )
}
const median = ratios.toSorted((left, right) => left - right)[Math.floor(ratios.length / 2)]
process.stdout.write(
  `export_vs_copy ${median?.toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')})\n`,
)
