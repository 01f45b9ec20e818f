import type { StoredAchievement } from '../../model/achievement.ts'
import { compositeKey } from '../../model/composite-key.ts'
import type { MigrationJobKey } from '../../model/migration-job.ts'
import { NOT_STARTED, type Progress, type ProgressKey } from '../../model/progress.ts'
import type { ComparedBucket } from '../../store/migration-jobs/migration-parts.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { writeAndRollBack } from '../exchange/roll-back.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { JobDefinitions } from './job-definitions.ts'
import { jobOf } from './jobs.ts'
import { mergeExisting } from './merge-existing.ts'
import { jobTitleOf, PartBuilder } from './part-builder.ts'
import { type PreparedRow, rowContextOf } from './prepare-row.ts'
import { readJobRecords } from './read-job-records.ts'
import { stageRows } from './stage-rows.ts'
import { type Verdict, verdictOf } from './verdict.ts'
import type { PartRows } from './write-part.ts'

export interface VerifyJob extends MigrationJobKey {
  readonly source: string
  /** Whether differences have no limit, and include exceeded records. */
  readonly allDifferences: boolean
}

/** A record that differs from the stored progress; `ours` is undefined if there is none. */
export interface Difference {
  readonly key: ProgressKey
  readonly theirs: Progress
  readonly ours: Progress | undefined
  readonly verdict: Verdict
  /** Of a platform. */
  readonly account?: string
  /** Why the platform cannot be made equal to ours; undefined if it can. */
  readonly deadEnd?: string | undefined
}

/** Counts of the records so far. */
export interface Verified {
  readonly counts: VerifiedCounts
  /** Of the last part. */
  readonly differences: readonly Difference[]
  /** After the last part only. */
  readonly buckets: readonly ComparedBucket[]
}

/** By verdict; those of a platform's times and lists are 0 for an input. */
export type VerifiedCounts = Record<Verdict | 'records' | 'refused', number>

export const NOTHING_VERIFIED: Readonly<VerifiedCounts> = {
  records: 0,
  equal: 0,
  exceeded: 0,
  behind: 0,
  missing: 0,
  refused: 0,
  unlock_time: 0,
  absent: 0,
}

/** Of one message. */
const MAX_LISTED = 1_000
/** Records of one transaction. */
const PART_ROWS = 10_000
const MAX_PART_DIFFERENCES = 100

/**
 * Compares the records of an input with the stored progress: different ones by the rules of reports, because a player may have gone on
 * since. Changes nothing.
 */
export async function* verifyJob(
  services: Services,
  request: VerifyJob,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<Verified> {
  const { store } = services
  const { job, title } = await store.read(call.signal, async (queries) => {
    const found = await jobOf(queries, request)
    return { job: found, title: jobTitleOf(await titleOf(queries, found.titleId), found.mapping) }
  })
  const definitions = new JobDefinitions(job.titleId)
  const counts = { ...NOTHING_VERIFIED }
  const buckets = new Map<number, ComparedBucket>()
  const verify = async (part: PartBuilder): Promise<Verified> => {
    await store.read(call.signal, (queries) => definitions.load(queries, part.names))
    const prepared = part.prepare(definitions, rowContextOf(job, services, job.actor))
    counts.refused += prepared.refusals.length
    if (prepared.part.rows.length === 0) return { counts: { ...counts }, differences: [], buckets: [] }
    const compared = await writeAndRollBack(services, call, (queries) =>
      compare(queries, job, prepared.part, request),
    )
    const { rows } = prepared.part
    counts.records += rows.length - compared.unknownCount
    counts.refused += compared.unknownCount
    counts.equal += rows.length - compared.unknownCount - compared.others
    counts.exceeded += compared.exceeded
    counts.missing += compared.missing
    counts.behind += compared.behind
    for (const each of compared.buckets) buckets.set(each.bucket, combine(buckets.get(each.bucket), each))
    return { counts: { ...counts }, differences: compared.differences, buckets: [] }
  }
  const start = { position: 0, header: '' }
  let part = new PartBuilder(request.source, title, 0, PART_ROWS)
  for await (const { header, records } of readJobRecords(services, job, content, start)) {
    for (const record of records) {
      part.add(record, header)
      if (!part.isFull) continue
      yield* divided(await verify(part))
      part = new PartBuilder(request.source, title, part.end, PART_ROWS)
    }
    call.signal.throwIfAborted()
  }
  const pieces = divided(await verify(part))
  yield* pieces.slice(0, -1)
  const last = pieces.at(-1) as Verified
  yield { ...last, buckets: [...buckets.values()].sort((left, right) => left.bucket - right.bucket) }
}

/** Divides the differences of a part over messages. */
function divided(verified: Verified): readonly Verified[] {
  const { differences } = verified
  const pieces = Math.max(1, Math.ceil(differences.length / MAX_LISTED))
  return Array.from({ length: pieces }, (_, index) => ({
    ...verified,
    differences: differences.slice(index * MAX_LISTED, (index + 1) * MAX_LISTED),
  }))
}

async function compare(
  queries: Queries,
  job: MigrationJobKey,
  { rows, achievements }: PartRows,
  { allDifferences }: VerifyJob,
) {
  const { titleId } = job
  const { unknown } = await stageRows(queries, job, rows)
  const { buckets, others } = await queries.migrationParts.compareStaged(titleId)
  const keyed = others.map(({ ordinal, playerId, isStored }) => {
    const achievement = achievements[ordinal] as StoredAchievement
    const key = { playerId, titleId, achievementId: achievement.id }
    return { key, achievement, isStored, theirs: (rows[ordinal] as PreparedRow).progress }
  })
  const stored = await queries.progress.listAt(keyed.filter(({ isStored }) => isStored).map(({ key }) => key))
  const byKey = new Map(stored.map((record) => [idOf(record), record.progress]))
  const differences: Difference[] = []
  const counts = { exceeded: 0, behind: 0, missing: 0 }
  for (const { key, achievement, theirs } of keyed) {
    const ours = byKey.get(idOf(key))
    const { isChanged } = mergeExisting(achievement, ours ?? NOT_STARTED, theirs)
    const kind = !isChanged ? 'exceeded' : ours === undefined ? 'missing' : 'behind'
    counts[kind] += 1
    const verdict = isChanged ? kind : verdictOf(achievement, theirs, ours)
    const isListed = allDifferences || (isChanged && differences.length < MAX_PART_DIFFERENCES)
    if (isListed && verdict !== 'equal') differences.push({ key, theirs, ours, verdict })
  }
  return { ...counts, buckets, differences, others: others.length, unknownCount: unknown.length }
}

function idOf({ playerId, achievementId }: ProgressKey): string {
  return compositeKey(playerId, achievementId)
}

function combine(before: ComparedBucket | undefined, next: ComparedBucket): ComparedBucket {
  if (before === undefined) return next
  return {
    bucket: next.bucket,
    recordCount: before.recordCount + next.recordCount,
    recordHash: String(BigInt(before.recordHash) ^ BigInt(next.recordHash)),
    storedCount: before.storedCount + next.storedCount,
    storedHash: String(BigInt(before.storedHash) ^ BigInt(next.storedHash)),
  }
}
