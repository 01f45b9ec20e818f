/**
 * Prints the latency of RecordProgress at a fixed rate, without and with a migration job into the same title, interleaved, and the job's
 * rows per second. Run with `npm exec -c 'node test/bench/import-beside-traffic.ts [CALLS PER SECOND] [ROUNDS] [SECONDS]'`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { callDuplex } from '../../src/cli/client.ts'
import { MigrationFormat, MigrationUnit } from '../../src/gen/laurel/v1/migration_job.ts'
import {
  CreateMigrationJobRequest,
  FeedMigrationJobRequest,
  MigrationJobServiceClient,
} from '../../src/gen/laurel/v1/migration_job_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { openEnvironment } from './environment.ts'
import { createFixture } from './fixture.ts'
import type { Latency } from './load/jobs.ts'
import { achievementName } from './load/reports.ts'
import { median } from './rounds.ts'
import { TARGETS } from './setup.ts'

const [rate = 1_000, rounds = 5, seconds = 10] = process.argv.slice(2).map(Number)
const { unary: target } = TARGETS
const KEY = { titleId: target.titleId, jobId: 'beside-traffic' }
const ROWS_OF_MESSAGE = 500
/** For the job to begin, and for the database to rest after it. */
const SETTLE_MILLISECONDS = 2_000

await using environment = await openEnvironment(undefined)
const { address } = await environment.server()
await createFixture(environment, address, environment.databaseUrl, target)
await environment.query(environment.databaseUrl, 'vacuum analyze')
using jobs = createClient(MigrationJobServiceClient, address)
const mapping = {
  format: MigrationFormat.JSON_LINES,
  player: { field: 'player' },
  achievement: { field: 'achievement' },
  values: [{ field: 'percent', unit: MigrationUnit.PERCENT }],
}
await callUnary(
  jobs,
  'createMigrationJob',
  CreateMigrationJobRequest.fromPartial({ job: { ...KEY, mapping } }),
)

let players = 0
function nextLines(): Buffer {
  const lines = Array.from({ length: ROWS_OF_MESSAGE }, (_, index) => {
    players += 1
    return `{"player":"moved-${players}","achievement":"${achievementName(0)}","percent":${index % 101}}\n`
  })
  return Buffer.from(lines.join(''))
}

/** Feeds a source until it is stopped. */
function startJob(source: string) {
  let isStopped = false
  let count = 0n
  const feed = async () => {
    const requests = (async function* () {
      yield FeedMigrationJobRequest.fromPartial({ ...KEY, source })
      while (!isStopped) yield FeedMigrationJobRequest.fromPartial({ content: nextLines() })
    })()
    const parts = callDuplex(() => jobs.feedMigrationJob(), requests, new AbortController().signal)
    for await (const part of parts) count = part.source?.recordCount ?? 0n
  }
  const done = feed()
  return {
    count: () => Number(count),
    stop: () => {
      isStopped = true
      return done
    },
  }
}

async function latency(): Promise<Latency> {
  const job = { kind: 'fixed-rate', address, target, rate, leadSeconds: 1, seconds } as const
  const measured = await environment.load.run(job)
  if (measured.failed > 0 || measured.latency === undefined) throw new Error('calls failed')
  return measured.latency
}

const text = ({ p50, p99, longestStall }: Latency) =>
  `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest stall ${longestStall.toFixed(0)} ms`
const ratios: number[] = []
const rates: number[] = []
await latency()
for (let round = 0; round < rounds; round += 1) {
  const without = await latency()
  const job = startJob(`round-${round}`)
  await sleep(SETTLE_MILLISECONDS)
  const [before, start] = [job.count(), performance.now()]
  const beside = await latency()
  rates.push(((job.count() - before) * 1000) / (performance.now() - start))
  await job.stop()
  await sleep(SETTLE_MILLISECONDS)
  ratios.push(beside.p99 / without.p99)
  process.stdout.write(
    `without: ${text(without)}; beside: ${text(beside)}; job ${Math.round(rates.at(-1) ?? 0)} rows/s\n`,
  )
}
process.stdout.write(
  `p99_beside_import ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}) at ${rate} calls/s, ` +
    `job ${Math.round(median(rates))} rows/s\n`,
)
