/**
 * The least that a server on Node can do for a report: gathers what comes while a statement runs, as Laurel does, and
 * writes the same four rows for each, by the shortest statement there is. It reads nothing, judges nothing, checks
 * nothing, and knows neither callers nor errors: nothing that writes these rows for each report is faster.
 *
 * It is given the URL of a database in which all players have begun; all reports are on one title, and none is sent
 * twice. Whatever goes wrong ends the process, and so the bench.
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

interface Waiting {
  readonly report: BatchItem
  readonly answer: (result: ProgressResult) => void
}

/** In one statement. */
const MOST_REPORTS = 500

/** By the number of connections that are free, so many reports must wait for a statement to go out. */
const LEAST_WAITING = [Number.POSITIVE_INFINITY, MOST_REPORTS, 1]

/** That of each connection of Laurel's. */
const SESSION = 'set enable_seqscan = off; set plan_cache_mode = force_generic_plan'

/** As long as a fingerprint, which would tell whether a request id is used for another request. */
const FINGERPRINT = '-'.repeat(43)

/** The number of rows that Postgres tells is that of the last part: progress, of which no row can be without a sheet. */
const WRITE = `
  with reports as materialized (
    select unnest($2::text[]) as player, unnest($3::text[]) as achievement, unnest($4::text[]) as requirement,
      unnest($5::text[]) as value, unnest($6::text[]) as request
  ),
  sheets as (
    update player_titles set version = version + 1 from reports where player_id = player and title_id = $1
  ),
  new_events as (
    insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
    select player, $1, achievement, 'progressed', $7::bigint, 'in_progress', 0, 'service', '', request from reports
  ),
  new_answers as (
    insert into player_requests (player_id, request_id, fingerprint, response, create_time)
    select player, request, '${FINGERPRINT}', '[1,"in_progress","{\\"' || requirement || '\\":{\\"$bigint\\":\\"'
      || value || '\\"}}",0,0,[null,"' || $7 || '","' || $7 || '"],null,false,"service","{}"]', $7
    from reports
  )
  insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent,
    first_report_time, last_report_time, revoked, writer, extensions)
  select player, $1, achievement, 'in_progress', ('{"' || requirement || '":"' || value || '"}')::jsonb, 0, 0,
    $7, $7, false, 'service', '{}'
  from reports
  on conflict (player_id, title_id, achievement_id) do update set
    state = excluded.state, values = excluded.values, percent = excluded.percent,
    last_report_time = excluded.last_report_time, writer = excluded.writer`

const [databaseUrl = ''] = process.argv.slice(2)
const free = [await connect(), await connect()]
const waiting: Waiting[] = []
let isWoken = false

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(SESSION)
  return client
}

/** Calls that came in one packet are here when it writes. */
function record(report: BatchItem): Promise<ProgressResult> {
  return new Promise((answer) => {
    waiting.push({ report, answer })
    if (isWoken) return
    isWoken = true
    setImmediate(() => {
      isWoken = false
      writeMore()
    })
  })
}

function writeMore(): void {
  while (waiting.length >= (LEAST_WAITING[free.length] as number)) {
    void write(free.pop() as pg.Client, waiting.splice(0, MOST_REPORTS))
  }
}

async function write(client: pg.Client, batch: readonly Waiting[]): Promise<void> {
  const now = Date.now()
  const reports = batch.map(({ report }) => report)
  const { rowCount } = await client.query({ name: 'write', text: WRITE, values: valuesOf(reports, now) })
  if (rowCount !== batch.length) throw new Error(`${rowCount} of ${batch.length} reports were written`)
  free.push(client)
  writeMore()
  // Once the next ones are on their way: the database has work while those who wait are told.
  setImmediate(() => {
    for (const { report, answer } of batch) answer(resultOf(report, now))
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

/** An array as Postgres reads it: no text of the bench needs quotes. */
function arrayText(texts: readonly string[]): string {
  return `{${texts.join()}}`
}

/** The bench makes no other reports. */
function reachOf({ report }: BatchItem): Reach {
  return report?.value as Reach
}

/** As if it were the player's first report: what was before is not known here. */
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
  return { progress, changed: true, newlyUnlocked: false, alreadyUnlocked: false }
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
