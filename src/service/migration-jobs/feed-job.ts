import { LaurelError } from '../../model/errors.ts'
import type {
  MigrationCounts,
  MigrationJob,
  MigrationJobKey,
  MigrationSource,
} from '../../model/migration-job.ts'
import { sleep } from '../../model/sleep.ts'
import type { Call } from '../call.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { addCounts } from './add-counts.ts'
import { announcePart } from './announce-part.ts'
import { contentFrom } from './content-from.ts'
import { JobDefinitions } from './job-definitions.ts'
import { JobThrottle } from './job-throttle.ts'
import { lockJob, lockJobShared, NO_COUNTS, notRunning } from './jobs.ts'
import { type JobTitle, jobTitleOf, PART_ROWS, PartBuilder } from './part-builder.ts'
import { rowContextOf } from './prepare-row.ts'
import { readJobRecords } from './read-job-records.ts'
import { DefinitionsChanged, writePart } from './write-part.ts'

export interface FeedJob extends MigrationJobKey {
  readonly source: string
  /** At which the content begins. */
  readonly position: number
}

/** The state after a part. */
export interface FedPart {
  readonly job: MigrationJob
  readonly source: MigrationSource
}

/**
 * Reads an input from its position and writes its records in parts, each in one transaction with the position after it. The next part is
 * read and prepared while one is written.
 *
 * Of several failures, the first in the input is thrown: the failure of a part precedes that of the rest, which is read meanwhile. A part of a
 * job that does not run is refused for this, even if another call feeds its source. The parts before are written, and yielded.
 * @throws LaurelError MIGRATION_JOB_NOT_RUNNING, MIGRATION_POSITION_AHEAD, DOCUMENT_MALFORMED; ABORTED if another call feeds the source
 */
export async function* feedJob(
  services: Services,
  request: FeedJob,
  content: AsyncIterable<Uint8Array>,
  call: Call,
  partRows = PART_ROWS,
): AsyncGenerator<FedPart> {
  const { store } = services
  const { job, source, title } = await store.write(call.signal, async (queries) => {
    const found = await lockJobShared(queries, request)
    if (found.state !== 'running') throw notRunning(found)
    return {
      job: found,
      source: await queries.migrationJobs.findSource(request, request.source),
      title: jobTitleOf(await titleOf(queries, request.titleId), found.mapping),
    }
  })
  const isWhole = job.mapping.format === 'dialect_document'
  const begin = isWhole ? 0 : Number(source.position)
  if (request.position > begin) throw positionAhead(request, source.name, begin)
  const throttle = await JobThrottle.open(services, call.signal)
  const feed = new Feed(services, job, title, source, call, throttle, partRows)
  const rest = contentFrom(content, begin - request.position)
  const start = { position: Number(source.position), header: source.header }
  const batches = readJobRecords(services, job, rest, start)
  let writing: Promise<FedPart> | undefined
  let part = feed.nextPart()
  try {
    for await (const { header, records } of batches) {
      for (const record of records) {
        part.add(record, header)
        if (!part.isFull) continue
        if (writing !== undefined) yield await writing
        writing = feed.write(part, false)
        // The rejection is thrown where the part is awaited.
        writing.catch(() => {})
        part = feed.nextPart()
      }
      call.signal.throwIfAborted()
    }
  } catch (error) {
    if (writing !== undefined) yield await writing
    throw error
  } finally {
    // A caller that fails must find the position of the last part.
    await writing?.catch(() => {})
  }
  if (writing !== undefined) yield await writing
  yield await feed.write(part, true)
}

/** Writes the parts of one input in order. */
class Feed {
  readonly #services: Services
  readonly #job: MigrationJob
  readonly #title: JobTitle
  readonly #call: Call
  readonly #definitions: JobDefinitions
  readonly #name: string
  readonly #partRows: number
  readonly #throttle: JobThrottle
  /** After the last part that was handed out. */
  #end: number
  /** Of the next part, of a job that sends its changes to destinations. */
  #nextTime = 0

  constructor(
    services: Services,
    job: MigrationJob,
    title: JobTitle,
    source: MigrationSource,
    call: Call,
    throttle: JobThrottle,
    partRows: number,
  ) {
    this.#partRows = partRows
    this.#services = services
    this.#throttle = throttle
    this.#job = job
    this.#title = title
    this.#call = call
    this.#definitions = new JobDefinitions(job.titleId)
    this.#name = source.name
    this.#end = Number(source.position)
  }

  nextPart(): PartBuilder {
    const { deliveriesPerSecond, watermark = 0n, overlap } = this.#job
    const rows = deliveriesPerSecond > 0 ? deliveriesPerSecond : this.#throttle.rowsOfPart(this.#partRows)
    return new PartBuilder(this.#name, this.#title, this.#end, rows, watermark - overlap)
  }

  async write(part: PartBuilder, isLast: boolean): Promise<FedPart> {
    const start = this.#end
    this.#end = part.end
    if (this.#job.deliveriesPerSecond > 0) await this.#waitForTurn()
    for (;;) {
      try {
        return await this.#throttle.run(this.#call.signal, () => this.#tryWrite(part, start, isLast))
      } catch (error) {
        if (!(error instanceof DefinitionsChanged)) throw error
        this.#definitions.clear()
      }
    }
  }

  /** Waits until a second has passed since the part before. */
  async #waitForTurn(): Promise<void> {
    const wait = this.#nextTime - performance.now()
    if (wait > 0) await sleep(wait, this.#call.signal)
    this.#nextTime = performance.now() + 1_000
  }

  async #tryWrite(part: PartBuilder, start: number, isLast: boolean): Promise<FedPart> {
    const { store } = this.#services
    const { signal, actor } = this.#call
    const now = this.#services.now()
    await store.read(signal, (queries) => this.#definitions.load(queries, part.names))
    const prepared = part.prepare(this.#definitions, rowContextOf(this.#job, this.#services, actor))
    const written = await store.write(signal, async (queries) => {
      const job = await lockJob(queries, this.#job)
      if (job.state !== 'running') throw notRunning(job)
      const source = await queries.migrationJobs.findSource(job, this.#name)
      if (source.position !== BigInt(start)) throw fedElsewhere(job, source)
      const context = { time: now, precision: 'exact', actor } as const
      const result =
        prepared.part.rows.length === 0
          ? undefined
          : await writePart(queries, job, prepared.part, context, this.#call)
      const refusals = [
        ...prepared.refusals,
        ...[...(result?.refusals ?? [])].map(([index, reason]) => prepared.refusalOf(index, reason)),
      ]
      await queries.migrationRecords.insertRefusals(job, refusals)
      await queries.migrationRecords.insertConflicts(job, result?.conflicts ?? [])
      const counts: MigrationCounts = {
        ...NO_COUNTS,
        records: BigInt(part.recordCount),
        new: BigInt(result?.newCount ?? 0),
        changed: BigInt(result?.changedCount ?? 0),
        unchanged: BigInt(result?.unchangedCount ?? 0),
        skipped: BigInt(part.skippedCount),
        older: BigInt(part.olderCount),
        refused: BigInt(refusals.length),
        conflicts: BigInt(result?.conflictCount ?? 0),
        parts: part.isEmpty ? 0n : 1n,
      }
      const next = {
        ...source,
        position: BigInt(part.end),
        header: part.header ?? source.header,
        recordCount: source.recordCount + counts.records,
        done: isLast,
      }
      await queries.migrationJobs.updateSource(job, next)
      const { latestUpdateTime } = part
      const advanced = await addCounts(queries, job, { counts, time: now, latestUpdateTime })
      if (counts.new + counts.changed > 0n) {
        const reason = `migration job ${job.jobId}: ${counts.new} new and ${counts.changed} changed`
        await announcePart(queries, { titleId: job.titleId, time: now, actor, reason })
      }
      return { counts, fed: { job: advanced, source: next } }
    })
    this.#services.importTotals.addPart(written.counts)
    return written.fed
  }
}

function positionAhead({ titleId, jobId, position }: FeedJob, name: string, expected: number) {
  const message = `source ${name} of migration job ${jobId} is at ${expected}, and the content begins at ${position}: begin at ${expected} or before`
  const metadata = { titleId, jobId, source: name, position: String(expected) }
  return new LaurelError('failed_precondition', 'MIGRATION_POSITION_AHEAD', message, { metadata })
}

function fedElsewhere({ titleId, jobId }: MigrationJob, { name, position }: MigrationSource) {
  const message = `source ${name} of migration job ${jobId} is fed by another call, and is at ${position}: begin there`
  const metadata = { titleId, jobId, source: name, position: String(position) }
  return new LaurelError('aborted', 'TOO_MUCH_CONTENTION', message, { metadata })
}
