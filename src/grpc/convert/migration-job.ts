import {
  MigrationConflictKind as ConflictKindOnWire,
  type MigrationConflict as MigrationConflictMessage,
  type MigrationJob as MigrationJobMessage,
  type MigrationLazySource,
  type MigrationRefusal as MigrationRefusalMessage,
  type MigrationSource as MigrationSourceMessage,
  MigrationState as StateOnWire,
} from '../../gen/laurel/v1/migration_job.ts'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../model/instant.ts'
import { LIMITS } from '../../model/limits.ts'
import type {
  LazySource,
  MigrationConflict,
  MigrationConflictKind,
  MigrationJob,
  MigrationJobKey,
  MigrationRefusal,
  MigrationSource,
  MigrationState,
} from '../../model/migration-job.ts'
import type { CreateJob } from '../../service/migration-jobs/jobs.ts'
import { readMapping, writeMapping } from './migration-mapping.ts'
import { readId, readText, readWithin } from './scalars.ts'
import { readDuration, writeDuration, writeInstant, writeOptionalInstant } from './time.ts'
import type { Violations } from './violations.ts'

const STATES_ON_WIRE: Readonly<Record<MigrationState, StateOnWire>> = {
  running: StateOnWire.RUNNING,
  paused: StateOnWire.PAUSED,
  cancelled: StateOnWire.CANCELLED,
  succeeded: StateOnWire.SUCCEEDED,
  succeeded_with_refusals: StateOnWire.SUCCEEDED_WITH_REFUSALS,
  rolled_back: StateOnWire.ROLLED_BACK,
}

const CONFLICT_KINDS_ON_WIRE: Readonly<Record<MigrationConflictKind, ConflictKindOnWire>> = {
  unlock_time: ConflictKindOnWire.UNLOCK_TIME,
  lower: ConflictKindOnWire.LOWER,
  revoked: ConflictKindOnWire.REVOKED,
  future_time: ConflictKindOnWire.FUTURE_TIME,
}

const DEFAULT_MAX_REFUSALS = 100_000n
const MAX_REFUSALS = 1_000_000n
const MAX_DELIVERIES_PER_SECOND = 1_000
const MAX_OVERLAP_DAYS = 30n
const DEFAULT_LAZY_TIMEOUT = 300n * TICKS_PER_MILLISECOND

export function readJobKey(
  message: { readonly titleId: string; readonly jobId: string },
  violations: Violations,
  basePath = '',
): MigrationJobKey {
  return {
    titleId: readId(message.titleId, `${basePath}title_id`, violations),
    jobId: readId(message.jobId, `${basePath}job_id`, violations),
  }
}

export function readMigrationJob(
  message: MigrationJobMessage | undefined,
  violations: Violations,
): CreateJob {
  if (message === undefined) violations.add('job', 'must be set')
  const { mapping, deliveriesPerSecond = 0, maxRefusals = 0n } = message ?? {}
  const overlap = readDuration(message?.overlap, 'job.overlap', violations)
  if (overlap !== undefined && overlap > MAX_OVERLAP_DAYS * 86_400n * TICKS_PER_SECOND)
    violations.add('job.overlap', `must be at most ${MAX_OVERLAP_DAYS} days`)
  if (message !== undefined && mapping === undefined) violations.add('job.mapping', 'must be set')
  if (maxRefusals < 0n || maxRefusals > MAX_REFUSALS)
    violations.add('job.max_refusals', `must be 0 to ${MAX_REFUSALS}`)
  return {
    ...readJobKey(message ?? { titleId: '', jobId: '' }, violations, 'job.'),
    mapping: readMapping(mapping, violations),
    deliveriesPerSecond: readWithin(
      deliveriesPerSecond,
      [0, MAX_DELIVERIES_PER_SECOND],
      'job.deliveries_per_second',
      violations,
    ),
    maxRefusals: maxRefusals || DEFAULT_MAX_REFUSALS,
    overlap,
    lazySource: readLazySource(message?.lazySource, violations),
  }
}

function readLazySource(
  message: MigrationLazySource | undefined,
  violations: Violations,
): LazySource | undefined {
  if (message === undefined) return undefined
  const field = 'job.lazy_source'
  return {
    url: readText(message.url, `${field}.url`, violations, LIMITS.text),
    credential: readText(message.credential, `${field}.credential`, violations, LIMITS.text),
    timeout: readDuration(message.timeout, `${field}.timeout`, violations) ?? DEFAULT_LAZY_TIMEOUT,
  }
}

export function writeMigrationJob(
  job: MigrationJob,
  sources: readonly MigrationSource[] = [],
): MigrationJobMessage {
  const { counts } = job
  return {
    titleId: job.titleId,
    jobId: job.jobId,
    mapping: writeMapping(job.mapping),
    deliveriesPerSecond: job.deliveriesPerSecond,
    maxRefusals: job.maxRefusals,
    state: STATES_ON_WIRE[job.state],
    pauseReason: job.pauseReason,
    recordCount: counts.records,
    newCount: counts.new,
    changedCount: counts.changed,
    unchangedCount: counts.unchanged,
    skippedCount: counts.skipped,
    olderCount: counts.older,
    refusedCount: counts.refused,
    conflictCount: counts.conflicts,
    partCount: counts.parts,
    runCount: job.runCount,
    watermark: writeOptionalInstant(job.watermark),
    overlap: writeDuration(job.overlap),
    lazySource: job.lazySource && { ...job.lazySource, timeout: writeDuration(job.lazySource.timeout) },
    actor: job.actor,
    createTime: writeInstant(job.createTime),
    updateTime: writeInstant(job.updateTime),
    sources: sources.map(writeSource),
  }
}

export function writeSource({
  name,
  position,
  recordCount,
  done,
  header,
}: MigrationSource): MigrationSourceMessage {
  return { name, position, recordCount, done, header }
}

export function writeRefusal({
  source,
  position,
  record,
  reason,
  ordinal,
}: MigrationRefusal): MigrationRefusalMessage {
  return { source, position, text: record, reason, ordinal }
}

export function writeConflict({ kind, ...conflict }: MigrationConflict): MigrationConflictMessage {
  return { ...conflict, kind: CONFLICT_KINDS_ON_WIRE[kind] }
}
