/**
 * The upper bound for a server on Node that records reports: it batches them while a statement runs, as Laurel does, and writes
 * the same two rows for each, by the shortest statement. It reads nothing, applies no rules, and has neither authentication nor
 * error handling.
 *
 * Its argument is the URL of a database in which all players have progress. All reports are on one title, and none is repeated.
 * Any error ends the process, and so the bench.
 */
import { type handleUnaryCall, Server, ServerCredentials } from '@grpc/grpc-js'
import { HealthImplementation } from 'grpc-health-check'
import pg from 'pg'
import { type ProgressResult, ProgressState, UnlockPrecision } from '../../../src/gen/laurel/v1/progress.ts'
import {
  type BatchItem,
  type BatchRecordProgressRequest,
  type BatchRecordProgressResponse,
  ProgressServiceService,
  type Reach,
  type RecordProgressRequest,
  type RecordProgressResponse,
} from '../../../src/gen/laurel/v1/progress_service.ts'

interface PendingReport {
  readonly report: BatchItem
  readonly resolve: (result: ProgressResult) => void
}

const MAX_BATCH_SIZE = 500

/** The number of pending reports that starts a statement, by the number of free connections. */
const MIN_PENDING = [Number.POSITIVE_INFINITY, MAX_BATCH_SIZE, 1]

/** As on each connection of Laurel's. */
const SESSION = 'set enable_seqscan = off; set plan_cache_mode = force_generic_plan'

/** As long as a request digest. */
const DIGEST = '-'.repeat(22)

/** Postgres returns the row count of the last part: progress. */
const WRITE = `
  with reports as materialized (
    select unnest($2::text[]) as player, unnest($3::text[]) as achievement, unnest($4::text[]) as requirement,
      unnest($5::text[]) as value, unnest($6::text[]) as request
  ),
  new_events as (
    insert into events (player_id, title_id, achievement_id, kind, time, state, values, reported_percent, percent,
      first_report_time, last_report_time, revoked, actor, reason, request_id, caller, request_key, digest, missing)
    select player, $1, achievement, 'progressed', $7::bigint, 'in_progress', ('{"' || requirement || '":"' || value || '"}')::jsonb,
      0, 0, $7, $7, false, 'service', '', request, '', md5(request)::uuid, '${DIGEST}', '["' || requirement || '"]'
    from reports
  )
  update progress set state = 'in_progress', values = ('{"' || requirement || '":"' || value || '"}')::jsonb,
    last_report_time = $7, writer = 'service', version = version + 1
  from reports where player_id = player and title_id = $1 and achievement_id = achievement`

const [databaseUrl = ''] = process.argv.slice(2)
const free = [await connect(), await connect()]
const pending: PendingReport[] = []
let isScheduled = false

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(SESSION)
  return client
}

/** The statement starts in the next turn of the event loop, with all calls of this one. */
function record(report: BatchItem): Promise<ProgressResult> {
  return new Promise((resolve) => {
    pending.push({ report, resolve })
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      writeMore()
    })
  })
}

function writeMore(): void {
  while (pending.length >= (MIN_PENDING[free.length] as number)) {
    void write(free.pop() as pg.Client, pending.splice(0, MAX_BATCH_SIZE))
  }
}

async function write(client: pg.Client, batch: readonly PendingReport[]): Promise<void> {
  const now = Date.now()
  const reports = batch.map(({ report }) => report)
  const { rowCount } = await client.query({ name: 'write', text: WRITE, values: valuesOf(reports, now) })
  if (rowCount !== batch.length) throw new Error(`${rowCount} of ${batch.length} reports were written`)
  free.push(client)
  writeMore()
  // Responses follow once the next statement is sent, so that the database has work meanwhile.
  setImmediate(() => {
    for (const { report, resolve } of batch) resolve(resultOf(report, now))
  })
}

function valuesOf(reports: readonly BatchItem[], now: number): string[] {
  return [
    reports[0]?.titleId ?? '',
    arrayText(reports.map(({ playerId }) => playerId)),
    arrayText(reports.map(({ achievementId }) => achievementId)),
    arrayText(reports.map((report) => reachOf(report).requirementId)),
    arrayText(reports.map((report) => String(reachOf(report).quantity?.value?.value))),
    arrayText(reports.map(({ requestId }) => requestId)),
    `${now}0000`,
  ]
}

/** A Postgres array literal. No text of the bench needs quotes. */
function arrayText(texts: readonly string[]): string {
  return `{${texts.join()}}`
}

/** All reports of the bench are of this kind. */
function reachOf({ report }: BatchItem): Reach {
  return report?.value as Reach
}

/** Returns the result of a first report, because the previous progress is not read. */
function resultOf(report: BatchItem, now: number): ProgressResult {
  const { titleId, playerId, achievementId } = report
  const { requirementId, quantity: current } = reachOf(report)
  const time = { seconds: BigInt(Math.floor(now / 1000)), nanos: (now % 1000) * 1_000_000 }
  const progress = {
    titleId,
    playerId,
    achievementId,
    state: ProgressState.IN_PROGRESS,
    requirements: [{ requirementId, current }],
    percent: 0,
    reportedPercent: 0,
    unlockPrecision: UnlockPrecision.UNSPECIFIED,
    firstReportTime: time,
    lastReportTime: time,
    revoked: false,
    writer: 'service',
    extensions: new Map<string, string>(),
  }
  return { progress, changed: true, newlyUnlocked: false, alreadyUnlocked: false, missingRequirementIds: [] }
}

const recordProgress: handleUnaryCall<RecordProgressRequest, RecordProgressResponse> = (call, respond) => {
  void record(call.request).then((result) => respond(null, result))
}

const batchRecordProgress: handleUnaryCall<BatchRecordProgressRequest, BatchRecordProgressResponse> = (
  call,
  respond,
) => {
  void Promise.all(call.request.items.map(record)).then((all) =>
    respond(null, { results: all.map((value) => ({ outcome: { $case: 'result', value } })) }),
  )
}

const server = new Server({ 'grpc.enable_channelz': 0 })
server.addService(ProgressServiceService, { recordProgress, batchRecordProgress })
new HealthImplementation({ '': 'SERVING' }).addToServer(server)
process.on('disconnect', () => process.exit())
process.on('SIGINT', () => {})
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  process.send?.({ ready: `127.0.0.1:${port}` })
})
