import { invalidArgument, LaurelError } from '../../model/errors.ts'
import { formatInstant } from '../../model/instant.ts'
import type { MigrationJob, MigrationRefusal } from '../../model/migration-job.ts'
import type { MigrationMapping } from '../../model/migration-mapping.ts'
import type { Progress } from '../../model/progress.ts'
import type { Title } from '../../model/title.ts'
import type { Call } from '../call.ts'
import { writeAndRollBack } from '../exchange/roll-back.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { JobDefinitions } from './job-definitions.ts'
import { NO_COUNTS } from './jobs.ts'
import { checkMapping } from './mapping/check-mapping.ts'
import { proposeMapping } from './mapping/propose-mapping.ts'
import { jobTitleOf, PartBuilder } from './part-builder.ts'
import { type PreparedRow, rowContextOf } from './prepare-row.ts'
import { readJobRecords } from './read-job-records.ts'
import { writePart } from './write-part.ts'

export interface PlanJob {
  readonly titleId: string
  readonly source: string
  /** The beginning of the input; its last record may be cut. */
  readonly content: Uint8Array
  /** 0 if it is unknown. */
  readonly totalBytes: number
  readonly mapping: MigrationMapping | undefined
}

export interface PlannedRecord {
  readonly text: string
  readonly player: string
  readonly achievementId: string
  readonly progress: Progress
}

export interface JobPlan {
  readonly mapping: MigrationMapping
  readonly reasons: readonly string[]
  readonly records: readonly PlannedRecord[]
  readonly recordCount: number
  readonly newCount: number
  readonly changedCount: number
  readonly unchangedCount: number
  readonly skippedCount: number
  readonly refusedCount: number
  readonly refusals: readonly MigrationRefusal[]
  /** Undefined if the size of the input is unknown. */
  readonly estimate:
    | { readonly recordCount: number; readonly seconds: number; readonly bytes: number }
    | undefined
}

const MAX_SHOWN = 20
/** Rows that are imported and rolled back. */
const MAX_ROWS = 10_000
/** Of a row of progress, and of a player with a title, as `src/store/README.md` has them. */
const PROGRESS_BYTES = 360
const PLAYER_BYTES = 420

/**
 * Imports the beginning of an input and rolls it back.
 * @throws LaurelError INVALID_FIELD for a mapping that does not fit, and DOCUMENT_MALFORMED if no record can be read
 */
export async function planJob(services: Services, request: PlanJob, call: Call): Promise<JobPlan> {
  const { titleId, source } = request
  const {
    mapping,
    reasons = [],
    content,
  } = request.mapping === undefined
    ? await proposeMapping(request.content, source, services.dialects)
    : { mapping: request.mapping, content: request.content }
  const violations = checkMapping(mapping, services.dialects, 'mapping')
  if (violations.length > 0) throw invalidArgument(violations)
  const title = await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
  const part = await readPart(services, request, title, mapping, content)
  const definitions = new JobDefinitions(titleId)
  await services.store.read(call.signal, (queries) => definitions.load(queries, part.names))
  const now = services.now()
  const prepared = part.prepare(
    definitions,
    rowContextOf({ mapping, deliveriesPerSecond: 0 }, services, call.actor),
  )
  const { rows } = prepared.part
  const start = performance.now()
  const result = await writeAndRollBack(services, call, async (queries) => {
    const job: MigrationJob = {
      titleId,
      jobId: `plan-${crypto.randomUUID()}`,
      mapping,
      deliveriesPerSecond: 0,
      maxRefusals: 0n,
      runCount: 0,
      watermark: undefined,
      overlap: 0n,
      lazySource: undefined,
      state: 'running',
      pauseReason: '',
      counts: NO_COUNTS,
      actor: call.actor,
      createTime: now,
      updateTime: now,
    }
    await queries.migrationJobs.insert(job)
    const context = { time: now, precision: 'exact', actor: call.actor } as const
    return rows.length === 0 ? undefined : writePart(queries, job, prepared.part, context, call)
  })
  const seconds = (performance.now() - start) / 1000
  const late = [...(result?.refusals ?? [])].map(([index, reason]) => prepared.refusalOf(index, reason))
  const refusals = [...prepared.refusals, ...late]
  const newCount = result?.newCount ?? 0
  const players = new Set(rows.map(({ player }) => player.id)).size
  // The positions in a dialect's document are numbers of entries.
  const readBytes = mapping.format === 'dialect_document' ? content.length : part.end
  const scale = readBytes === 0 ? 0 : request.totalBytes / readBytes
  return {
    mapping,
    reasons: [...reasons, ...futureTimes(rows)],
    records: rows.slice(0, MAX_SHOWN).map(({ player, achievementId, progress }, index) => ({
      text: prepared.textOf(index),
      player: player.id,
      achievementId,
      progress,
    })),
    recordCount: part.recordCount,
    newCount,
    changedCount: result?.changedCount ?? 0,
    unchangedCount: result?.unchangedCount ?? 0,
    skippedCount: part.skippedCount,
    refusedCount: refusals.length,
    refusals: refusals.slice(0, MAX_SHOWN),
    estimate:
      request.totalBytes === 0
        ? undefined
        : {
            recordCount: Math.round(part.recordCount * scale),
            seconds: seconds * scale,
            bytes: Math.round((newCount * PROGRESS_BYTES + players * PLAYER_BYTES) * scale),
          },
  }
}

function futureTimes(rows: readonly PreparedRow[]): readonly string[] {
  const times = rows.flatMap(({ futureTime }) => futureTime ?? [])
  const [first] = times
  if (first === undefined) return []
  return [
    `times in the future, such as ${formatInstant(first)}, become unknown in ${times.length} records: check their format`,
  ]
}

/** Reads the records of the content. Its last one is left out unless the content is the whole input: it may be cut. */
async function readPart(
  services: Services,
  { source, totalBytes }: PlanJob,
  title: Title,
  mapping: MigrationMapping,
  content: Uint8Array,
): Promise<PartBuilder> {
  const part = new PartBuilder(source, jobTitleOf(title, mapping), 0, MAX_ROWS)
  const isWhole = content.length >= totalBytes && totalBytes > 0
  const lastBreak = content.lastIndexOf(LF)
  const hasLines = mapping.format !== 'dialect_document'
  const complete = isWhole || !hasLines || lastBreak === -1 ? content : content.subarray(0, lastBreak + 1)
  try {
    for await (const { header, records } of readJobRecords(services, { mapping }, contentOf(complete), START))
      for (const record of records) if (!part.isFull) part.add(record, header)
  } catch (error) {
    // The beginning of a document ends in the middle of an entry.
    if (isWhole || hasLines || part.isEmpty || !(error instanceof LaurelError)) throw error
  }
  return part
}

async function* contentOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const START = { position: 0, header: '' } as const
const LF = 10
