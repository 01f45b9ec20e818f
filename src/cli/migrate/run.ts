import { status } from '@grpc/grpc-js'
import {
  MigrationFormat,
  type MigrationJob,
  type MigrationMapping,
  MigrationState,
} from '../../gen/laurel/v1/migration_job.ts'
import {
  FeedMigrationJobRequest,
  type MigrationJobServiceClient,
} from '../../gen/laurel/v1/migration_job_service.ts'
import { sleep } from '../../model/sleep.ts'
import { callDuplex, callUnary } from '../client.ts'
import { Failure, remoteErrorIn } from '../failure.ts'
import { print } from '../terminal.ts'
import { connectJobs, getJob, type JobKey, readMappingFile } from './connection.ts'
import { jobJson, jobLines } from './job-report.ts'
import { type MigrationMeter, startMigrationMeter } from './meter.ts'
import { checkRefusalsFile, writeRefusals } from './refusals.ts'
import { sourceName } from './sources/bytes.ts'
import { openFile, openSources } from './sources/open-sources.ts'
import { type LiveOptions, liveMappingOf } from './sources/platform-source.ts'
import type { MigrationSource } from './sources/source.ts'

export interface RunOptions extends LiveOptions {
  readonly job: string
  readonly mapping?: string
  readonly identities?: string
  readonly maxRefusals: number
  readonly refusals?: string
  readonly delta?: true
  /** Minutes. */
  readonly overlap?: number
  readonly keepOpen?: true
  readonly deliveriesPerSecond: number
  readonly json?: true
}

/** How long calls to a lost server are retried. */
const RETRY_MILLISECONDS = 10 * 60_000
const FIRST_DELAY_MILLISECONDS = 200
const MAX_DELAY_MILLISECONDS = 10_000

/** Feeds all inputs that were not read to their end. @returns whether no more records were refused than allowed */
export async function runMigration(
  inputs: readonly string[],
  options: RunOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const key: JobKey = { titleId: options.title, jobId: options.job }
  const mapping =
    options.mapping === undefined ? liveMappingOf(inputs) : await readMappingFile(options.mapping)
  if (options.delta && mapping.updateTime === undefined && !WITHOUT_UPDATE_TIME.has(mapping.format))
    throw new Failure([
      '--delta needs updateTime in the mapping: the field with the time at which a record last changed',
      'without such a field, import the whole input with another --job: records that are imported already change nothing',
    ])
  checkRefusalsFile(mapping, options.refusals)
  await using opened = await openSources(inputs, mapping, options, signal)
  await using stack = new AsyncDisposableStack()
  const map = options.identities === undefined ? undefined : await openFile(options.identities, stack)
  if (opened.list.some(({ name }) => name === map?.name))
    throw new Failure([`${map?.name} cannot be an input and the identity map: give two files`])
  using client = await connectJobs()
  const run = await beginRun(client, key, mapping, options, signal)
  const sources = opened.list.map((source) => ofRun(source, run))
  const identities = map && ofRun(map, run)
  const feed = new Feeder(client, key, signal)
  {
    using meter = startMigrationMeter(sources)
    if (identities !== undefined) await feed.feed(identities, true, meter)
    for (const source of sources) await feed.feed(source, false, meter)
  }
  const done = options.keepOpen
    ? await getJob(client, key, signal)
    : ((await callUnary(client, client.finishMigrationJob, key, signal)).job as MigrationJob)
  print(options.json ? [jobJson(done)] : jobLines(done))
  // Written without refusals too: a file that an earlier job left would be taken for this one's.
  if (options.refusals !== undefined) await writeRefusals(client, key, options.refusals, signal)
  if (done.refusedCount > 0n && options.refusals === undefined)
    print([`to get the refused records: laurel migrate refusals ${key.titleId} ${key.jobId}`], process.stderr)
  return done.refusedCount <= BigInt(options.maxRefusals)
}

/** Formats whose records have no update time: each run reads the whole input. */
const WITHOUT_UPDATE_TIME: ReadonlySet<MigrationFormat> = new Set([
  MigrationFormat.DIALECT_DOCUMENT,
  MigrationFormat.DIALECT_LINES,
  MigrationFormat.LAUREL,
])

/** Creates the job, or resumes it for the next delta. @returns the number of runs before this one, 0 if it is no delta */
async function beginRun(
  client: MigrationJobServiceClient,
  key: JobKey,
  mapping: MigrationMapping,
  { delta, deliveriesPerSecond, overlap }: RunOptions,
  signal: AbortSignal,
): Promise<number> {
  const duration = overlap === undefined ? undefined : { seconds: BigInt(overlap) * 60n, nanos: 0 }
  const job = { ...NEW_JOB, ...key, mapping, deliveriesPerSecond, overlap: duration }
  const created = await callUnary(client, client.createMigrationJob, { job }, signal)
  if (!delta || created.job === undefined) return 0
  if (SUCCEEDED.has(created.job.state)) await callUnary(client, client.resumeMigrationJob, key, signal)
  return created.job.runCount
}

/** Returns the source under a name of the run: each run reads its inputs from their beginning. */
function ofRun(source: MigrationSource, run: number): MigrationSource {
  if (run === 0) return source
  const prefix = `run ${run + 1}: `
  const { name, versionsOf } = source
  return {
    ...source,
    name: sourceName(`${prefix}${name}`),
    ...(versionsOf === undefined ? {} : { versionsOf: `${prefix}${versionsOf}` }),
  }
}

const NEW_JOB: MigrationJob = {
  titleId: '',
  jobId: '',
  mapping: undefined,
  deliveriesPerSecond: 0,
  maxRefusals: 0n,
  pauseReason: '',
  recordCount: 0n,
  newCount: 0n,
  changedCount: 0n,
  unchangedCount: 0n,
  skippedCount: 0n,
  refusedCount: 0n,
  conflictCount: 0n,
  partCount: 0n,
  actor: '',
  createTime: undefined,
  updateTime: undefined,
  sources: [],
  runCount: 0,
  watermark: undefined,
  overlap: undefined,
  olderCount: 0n,
  lazySource: undefined,
  state: MigrationState.UNSPECIFIED,
}

/** Feeds the inputs of a job, and goes on where the server is after a lost connection. */
class Feeder {
  readonly #client: MigrationJobServiceClient
  readonly #key: JobKey
  readonly #signal: AbortSignal

  constructor(client: MigrationJobServiceClient, key: JobKey, signal: AbortSignal) {
    this.#client = client
    this.#key = key
    this.#signal = signal
  }

  async feed(source: MigrationSource, identities: boolean, meter: MigrationMeter): Promise<void> {
    let delay = FIRST_DELAY_MILLISECONDS
    let deadline = Date.now() + RETRY_MILLISECONDS
    for (let isFirst = true; ; isFirst = false) {
      try {
        const known = await this.#find(source)
        if (known?.done) {
          // A retry may find the input that this command has sent.
          if (isFirst) await this.#requireSame(source, known.position)
          return meter.skip(source)
        }
        const position = identities || source.isReadWhole ? 0 : Number(known?.position ?? 0n)
        const content = source.open(position, this.#signal, known?.header ?? '')
        for await (const part of this.#send(source, position, identities, content)) {
          meter.part(source, part)
          delay = FIRST_DELAY_MILLISECONDS
          deadline = Date.now() + RETRY_MILLISECONDS
        }
        return
      } catch (error) {
        const reason = RETRY_REASONS[remoteErrorIn(error)?.code ?? status.OK]
        if (reason === undefined || Date.now() > deadline || this.#signal.aborted) throw error
        meter.showRetry(reason)
        await sleep(delay, this.#signal)
        delay = Math.min(2 * delay, MAX_DELAY_MILLISECONDS)
      }
    }
  }

  async #find(source: MigrationSource) {
    const { name, versionsOf } = source
    const job = await getJob(this.#client, this.#key, this.#signal, name)
    const [known] = job.sources
    if (known === undefined && versionsOf !== undefined) {
      // Of more than 1000 inputs, the first are compared.
      const { sources } = await getJob(this.#client, this.#key, this.#signal)
      if (sources.some((each) => each.name.startsWith(versionsOf))) throw otherInput(name)
    }
    // The same command again, after the job has ended.
    const isRead = known?.done === true && SUCCEEDED.has(job.state)
    if (job.state !== MigrationState.RUNNING && !isRead) throw notRunning(this.#key, job)
    return known
  }

  /** @throws Failure for another length than that of the input which the job has read to its end */
  async #requireSame(source: MigrationSource, position: bigint): Promise<void> {
    if (source.isReadWhole) return
    let { size } = source
    if (size === undefined && source.isMeasurable) {
      size = 0
      for await (const { length } of source.open(0, this.#signal, '')) size += length
    }
    if (size !== undefined && BigInt(size) !== position) throw otherInput(source.name)
  }

  #send(source: MigrationSource, position: number, identities: boolean, content: AsyncIterable<Uint8Array>) {
    const first = FeedMigrationJobRequest.fromPartial({
      ...this.#key,
      source: source.name,
      position: BigInt(position),
      identities,
    })
    const rest = FeedMigrationJobRequest.fromPartial({})
    const requests = (async function* () {
      yield first
      for await (const piece of content) yield { ...rest, content: Buffer.from(piece) }
    })()
    return callDuplex(() => this.#client.feedMigrationJob(), requests, this.#signal)
  }
}

/** The codes after which a retry may succeed. */
const RETRY_REASONS: Readonly<Record<number, string>> = {
  [status.UNAVAILABLE]: 'the server is away',
  [status.ABORTED]: 'another command feeds it',
  [status.RESOURCE_EXHAUSTED]: 'the server limits calls',
}

/** Returns the failure for an input that has changed since the job read it. */
function otherInput(name: string): Failure {
  return new Failure([
    `${name} is not the input that the job has read: it has changed since`,
    'import it with another --job: records that are imported already change nothing',
  ])
}

const SUCCEEDED: ReadonlySet<MigrationState> = new Set([
  MigrationState.SUCCEEDED,
  MigrationState.SUCCEEDED_WITH_REFUSALS,
])

function notRunning({ titleId, jobId }: JobKey, { state, pauseReason }: MigrationJob): Failure {
  if (state !== MigrationState.PAUSED)
    return new Failure([
      `migration job ${jobId} has ended and takes no more input`,
      'use another --job: records that are imported already change nothing',
    ])
  const reason = pauseReason === '' ? [] : [pauseReason]
  const advice = `to go on: laurel migration-jobs resume ${titleId} ${jobId}, and this command again`
  return new Failure([`migration job ${jobId} is paused`, ...reason, advice])
}
