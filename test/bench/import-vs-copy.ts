/**
 * Prints the rows per second of a migration job, and of COPY of as many rows into the same table, interleaved. Run with
 * `npm exec -c 'node test/bench/import-vs-copy.ts [ROWS OF A ROUND] [ROUNDS] [ROWS BEFORE] [STATS]'`; with STATS, the
 * achievements of the job follow so many stats.
 */
import { finished } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { migrate } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import { createTestJob, createTitleWith, feedText } from '../support/migration-job.ts'
import { achievementOf, gamerscore, requirementOf } from '../support/records.ts'
import { servicesOn } from '../support/services.ts'
import { startPostgres } from './started-postgres.ts'

const [rows = 200_000, rounds = 5, earlierRows = 0, stats = 0] = process.argv.slice(2).map(Number)
const ROWS_PER_PLAYER = 10
const ACHIEVEMENTS = 100
const TITLE = 'bench'

await using cleanup = new AsyncDisposableStack()
const connectionString = await startPostgres(cleanup)
await migrate(connectionString)
const store = openStore({ connectionString, poolSize: 4, onError: () => {} })
cleanup.defer(() => store.close())
const services = servicesOn(store)
const achievements = Array.from({ length: ACHIEVEMENTS }, (_, index) =>
  achievementOf({
    id: `a${index}`,
    requirements: [
      requirementOf({ target: 100n, statCode: stats > 0 ? `stat-${index % stats}` : undefined }),
    ],
    rewards: gamerscore(5),
  }),
)
await createTitleWith(services, TITLE, achievements)
const key = await createTestJob(services, TITLE, 'job')
const client = new pg.Client({ connectionString })
await client.connect()
cleanup.defer(() => client.end())

/** Calls back for each row of a round: players in no order, as in an export of another system. */
function eachRow(
  prefix: string,
  count: number,
  run: (player: string, achievement: string, percent: number) => void,
) {
  const players = count / ROWS_PER_PLAYER
  for (let index = 0; index < count; index += 1) {
    const player = Math.floor(index / ROWS_PER_PLAYER)
    const shuffled = (player * 7919) % players
    run(`${prefix}-${shuffled}`, `a${(shuffled + index) % ACHIEVEMENTS}`, (shuffled + index * 7) % 101)
  }
}

function lines(prefix: string, count: number): string {
  const text: string[] = []
  eachRow(prefix, count, (player, achievement, percent) => {
    text.push(
      `{"player":"${player}","achievement":"${achievement}","percent":${percent},"time":"2020-01-02T03:04:05Z"}\n`,
    )
  })
  return text.join('')
}

async function importRows(prefix: string, count: number): Promise<number> {
  const text = lines(prefix, count)
  const start = performance.now()
  await feedText(services, key, text, { source: prefix })
  return performance.now() - start
}

async function copyRows(prefix: string, count: number): Promise<number> {
  const text: string[] = []
  const players = new Set<string>()
  eachRow(prefix, count, (player, achievement, percent) => {
    players.add(player)
    const unlock = percent === 100 ? '15779342450000000\timported' : '\\N\t\\N'
    const state = percent === 100 ? 'achieved' : percent === 0 ? 'not_started' : 'in_progress'
    text.push(
      `${player}\t${TITLE}\t${achievement}\t${state}\t{"count": "${percent}"}\t${percent}\t${Math.min(percent, 100)}\t${unlock}\t17000000000000000\t17000000000000000\t\\N\tf\tbench\t{}\t1\n`,
    )
  })
  await client.query(
    "insert into players (id, display_name, create_time, update_time) select unnest($1::text[]), '', 0, 0",
    [[...players]],
  )
  await client.query('insert into player_titles (player_id, title_id) select unnest($1::text[]), $2', [
    [...players],
    TITLE,
  ])
  const content = text.join('')
  const start = performance.now()
  const copy = client.query(
    copyFrom(
      'copy progress (player_id, title_id, achievement_id, state, values, reported_percent, percent, unlock_time, ' +
        'unlock_precision, first_report_time, last_report_time, window_start, revoked, writer, extensions, version) from stdin',
    ),
  )
  copy.end(content)
  await finished(copy)
  return performance.now() - start
}

for (let done = 0; done < earlierRows; done += 200_000) await copyRows(`earlier-${done}`, 200_000)
await client.query('analyze')
const ratios: number[] = []
for (let round = 0; round < rounds; round += 1) {
  const imported = await importRows(`import-${round}`, rows)
  const copied = await copyRows(`copy-${round}`, rows)
  ratios.push(copied / imported)
  const perSecond = (milliseconds: number) => Math.round((rows * 1000) / milliseconds)
  process.stdout.write(
    `job ${perSecond(imported)} rows/s, COPY ${perSecond(copied)} rows/s, ratio ${(copied / imported).toFixed(2)}\n`,
  )
}
const sorted = ratios.toSorted((left, right) => left - right)
const unchanged = await (async () => {
  const again = await createTestJob(services, TITLE, 'again')
  const text = lines('import-0', rows)
  const start = performance.now()
  await feedText(services, again, text)
  return performance.now() - start
})()
process.stdout.write(
  `import_vs_copy ${sorted[Math.floor(sorted.length / 2)]?.toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}); ` +
    `the same rows again: ${Math.round((rows * 1000) / unchanged)} rows/s\n`,
)
