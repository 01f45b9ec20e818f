import { createWriteStream } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationJobServiceClient } from '../../src/gen/laurel/v1/migration_job_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createDataFolder } from '../support/data-folder.ts'
import { onDatabase } from '../support/deliveries.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { startCommand } from '../support/laurel.ts'
import { lastingAddresses, startServerProcess } from '../support/server.ts'
import { Writers } from '../support/writers.ts'
import type { Counts, Exercise } from './exercise.ts'
import { databaseUrlIn, killPostgresIn } from './kill.ts'

const ROWS_PER_PLAYER = 10
/** One in so many lines cannot be imported. */
const BAD_EVERY = 997
const BAD_LINES = [
  '{"player":"bad","achievement":"moved-0","percent":101}',
  '{"player":"bad","achievement":"nowhere","percent":1}',
  '{"player":"bad","achievement":',
]
/** One kill in so many is of Postgres. */
const POSTGRES_EVERY = 5
/** Between two calls of each of the eight writers. */
const WRITER_PAUSE_MILLISECONDS = 50
const MAPPING = {
  format: 'MIGRATION_FORMAT_JSON_LINES',
  player: { field: 'player' },
  achievement: { field: 'achievement' },
  values: [{ field: 'percent', unit: 'MIGRATION_UNIT_PERCENT' }],
  unlockTime: { field: 'time', format: 'MIGRATION_TIME_FORMAT_RFC3339' },
}
/** The rows of players by the formula of `lines`, which the database computes again. */
const EXPECTED_PERCENT = `((substr(player_id, 7)::bigint * 31 + substr(achievement_id, 7)::bigint * 17) % 101)`

/** Feeds `times` times `rowsPerKill` rows, and kills the server or its Postgres once in the middle of each of these parts. */
export function migration(rowsPerKill: number): Exercise {
  return {
    title: 'the server and its Postgres are killed while a migration job and other callers write',
    times: 25,
    async run(times, log) {
      await using cleanup = new AsyncDisposableStack()
      const folder = await createDataFolder('migration')
      cleanup.defer(() => rm(folder, { recursive: true, force: true }))
      cleanup.defer(() => killPostgresIn(folder).catch(() => {}))
      const addresses = await lastingAddresses()
      const start = () => startServerProcess({ env: { LAUREL_DATA_DIR: folder, ...addresses } })
      let server = await start()
      cleanup.defer(() => server[Symbol.asyncDispose]())
      const imported = Array.from({ length: ROWS_PER_PLAYER }, (_, index) => [`moved-${index}`, 100n])
      await createFixture(server.address, { ...Writers.achievements, ...Object.fromEntries(imported) })

      const players = Math.ceil((times * rowsPerKill) / ROWS_PER_PLAYER)
      const [input, mapping, refusals] = ['rows.jsonl', 'mapping.json', 'refused.jsonl'].map((name) =>
        join(folder, name),
      ) as [string, string, string]
      await pipeline(Readable.from(lines(players)), createWriteStream(input))
      await writeFile(mapping, JSON.stringify(MAPPING))
      const rows = players * ROWS_PER_PLAYER
      const bad = Math.floor(rows / BAD_EVERY)
      const run = (job: string, ...more: readonly string[]) =>
        startCommand(
          'src/cli/main.ts',
          [
            'migrate',
            'run',
            input,
            '--title',
            TITLE_ID,
            '--job',
            job,
            '--mapping',
            mapping,
            '--json',
            '--max-refusals',
            String(bad),
            ...more,
          ],
          { env: addresses },
        )

      using writers = new Writers([server.address], WRITER_PAUSE_MILLISECONDS)
      const started = performance.now()
      const first = run('first', '--refusals', refusals)
      cleanup.defer(() => void first.process.kill())
      let isOver = false
      void first.result.finally(() => {
        isOver = true
      })
      const kills = { server: 0, Postgres: 0 }
      for (let round = 0; round < times && !isOver; round += 1) {
        while (!isOver && (await recordsOf(server.address)) < (round + 0.5) * rowsPerKill) await sleep(20)
        if (round % POSTGRES_EVERY === POSTGRES_EVERY - 1) {
          kills.Postgres += 1
          await killPostgresIn(folder)
        } else {
          kills.server += 1
          await server.kill('SIGKILL')
          server = await start()
        }
        const seconds = Math.round((performance.now() - started) / 1_000)
        log(`${round + 1} of ${times} kills after ${seconds} s, ${writers.total} acknowledged writes`)
      }
      const done = await first.result
      const firstSeconds = (performance.now() - started) / 1_000
      if (done.code !== 0) throw new Error(`the job ended with exit code ${done.code}: ${done.stderr}`)
      await writers.stop()
      log(`imported in ${Math.round(firstSeconds)} s`)
      const databaseUrl = await databaseUrlIn(folder)
      await writers.check(databaseUrl)
      await checkRows(databaseUrl, rows)
      await checkCounters(databaseUrl)
      checkJob(JSON.parse(done.stdout), { newCount: rows, refusedCount: bad, recordCount: rows + bad })
      await checkRefusals(refusals, bad)

      const again = performance.now()
      const repeated = await run('again').result
      if (repeated.code !== 0) throw new Error(`the repeated job failed: ${repeated.stderr}`)
      checkJob(JSON.parse(repeated.stdout), { unchangedCount: rows, newCount: 0, changedCount: 0 })
      const againSeconds = (performance.now() - again) / 1_000
      const perSecond = (seconds: number) => Math.round(rows / seconds)
      return {
        'kills of the server': kills.server,
        'kills of Postgres': kills.Postgres,
        'imported rows': rows,
        'refused rows': bad,
        'rows a second beside other callers, kills included': perSecond(firstSeconds),
        'rows a second of the same input again': perSecond(againSeconds),
        'acknowledged writes': writers.total,
        ...writers.failuresByStatus,
      } satisfies Counts
    },
  }
}

/** JSON lines of players with progress on each achievement, and bad ones among them. */
function* lines(players: number): Generator<string> {
  let count = 0
  for (let player = 0; player < players; player += 1) {
    const texts: string[] = []
    for (let index = 0; index < ROWS_PER_PLAYER; index += 1) {
      const percent = (player * 31 + index * 17) % 101
      const time = percent === 100 ? ',"time":"2020-01-02T03:04:05Z"' : ''
      texts.push(`{"player":"moved-${player}","achievement":"moved-${index}","percent":${percent}${time}}\n`)
      count += 1
      if (count % BAD_EVERY === 0) texts.push(`${BAD_LINES[(count / BAD_EVERY) % BAD_LINES.length]}\n`)
    }
    yield texts.join('')
  }
}

/** 0 while the server or its database is away. */
async function recordsOf(address: string): Promise<number> {
  using jobs = createClient(MigrationJobServiceClient, address)
  const deadline = new Date(Date.now() + 5_000)
  const request = { titleId: TITLE_ID, jobId: 'first', source: '' }
  const found = await callUnary(jobs, 'getMigrationJob', request, { deadline }).catch(() => undefined)
  return Number(found?.job?.recordCount ?? 0)
}

async function checkRows(databaseUrl: string, rows: number): Promise<void> {
  const [found] = await onDatabase(
    databaseUrl,
    `select count(*)::int as rows, count(*) filter (where percent <> ${EXPECTED_PERCENT}
        or (state = 'achieved') <> (percent = 100) or (unlock_time is not null) <> (percent = 100))::int as wrong
      from progress where title_id = $1 and player_id like 'moved-%'`,
    [TITLE_ID],
  )
  if (JSON.stringify(found) !== JSON.stringify({ rows, wrong: 0 }))
    throw new Error(`${rows} rows must be there once: ${JSON.stringify(found)}`)
}

/** Compares the counters of achievements and of players with a recount. */
async function checkCounters(databaseUrl: string): Promise<void> {
  // The totals follow after a moment.
  const deadline = Date.now() + 60_000
  for (;;) {
    const wrong = await onDatabase(
      databaseUrl,
      `select achievement_id as of, t.unlocked_count as count from achievement_totals t
        where title_id = $1 and t.unlocked_count <> (select count(*) from progress p
          where p.title_id = t.title_id and p.achievement_id = t.achievement_id and p.state = 'achieved' and not p.revoked)
      union all
      (select t.player_id, t.unlocked_count from player_titles t
        left join (select player_id, count(*) filter (where state = 'achieved' and not revoked) as count
          from progress where title_id = $1 group by player_id) r on r.player_id = t.player_id
        where t.title_id = $1 and t.unlocked_count <> coalesce(r.count, 0) limit 10)`,
      [TITLE_ID],
    )
    if (wrong.length === 0) return
    if (Date.now() > deadline) throw new Error(`counters differ from a recount: ${JSON.stringify(wrong)}`)
    await sleep(500)
  }
}

function checkJob(job: Readonly<Record<string, unknown>>, expected: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(expected))
    if (job[name] !== String(count)) throw new Error(`${name} must be ${count}: ${JSON.stringify(job)}`)
}

/** The file must hold the bad lines and nothing else. */
async function checkRefusals(file: string, bad: number): Promise<void> {
  const refused = (await readFile(file, 'utf8')).trimEnd().split('\n')
  const textOf = (line: string): string => {
    const { laurel_reason: _reason, laurel_text: text, ...record } = JSON.parse(line)
    return text ?? JSON.stringify(record)
  }
  const other = refused.map(textOf).find((line) => !BAD_LINES.includes(line))
  if (refused.length !== bad || other !== undefined)
    throw new Error(`${bad} lines must be refused, and are ${refused.length}; another one: ${other}`)
}
