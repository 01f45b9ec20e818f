import { isDeepStrictEqual } from 'node:util'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import { type Duration, TICKS_PER_SECOND } from '../../model/instant.ts'
import { sameJson } from '../../model/json.ts'
import type {
  LazySource,
  MigrationConflict,
  MigrationCounts,
  MigrationJob,
  MigrationJobKey,
  MigrationRefusal,
  MigrationSource,
  MigrationState,
} from '../../model/migration-job.ts'
import type { MigrationMapping } from '../../model/migration-mapping.ts'
import type { Queries } from '../../store/queries.ts'
import { migrationJobChange } from '../audit/changes.ts'
import { writeAudited } from '../audit/record-change.ts'
import { authorize } from '../authorization.ts'
import type { Call } from '../call.ts'
import { type Page, type Paging, readPage } from '../paging.ts'
import { lockTitle, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { checkLazySource } from './lazy/check-lazy-source.ts'
import { checkMapping } from './mapping/check-mapping.ts'
import { startPermissions } from './start-permissions.ts'

export const NO_COUNTS: MigrationCounts = {
  records: 0n,
  new: 0n,
  changed: 0n,
  unchanged: 0n,
  skipped: 0n,
  older: 0n,
  refused: 0n,
  conflicts: 0n,
  parts: 0n,
}

export interface CreateJob extends MigrationJobKey {
  readonly mapping: MigrationMapping
  readonly deliveriesPerSecond: number
  readonly maxRefusals: bigint
  /** If undefined, a new job has none, and an existing job matches with any. */
  readonly lazySource: LazySource | undefined
  /** If undefined, a new job has the default, and an existing job matches with any. */
  readonly overlap: Duration | undefined
}

/** An hour: an export that is no snapshot takes about as long. */
const DEFAULT_OVERLAP = 3_600n * TICKS_PER_SECOND

/** A job with its sources. */
export interface JobState {
  readonly job: MigrationJob
  readonly sources: readonly MigrationSource[]
}

/** @throws LaurelError TITLE_NOT_FOUND, MIGRATION_JOB_EXISTS, INVALID_FIELD */
export async function createJob(services: Services, request: CreateJob, call: Call): Promise<MigrationJob> {
  const violations = [
    ...checkMapping(request.mapping, services.dialects, 'job.mapping'),
    ...checkLazySource(services.lazyPulls.fetcher, request),
  ]
  if (violations.length > 0) throw invalidArgument(violations)
  const created = await writeAudited(services, call, async (queries) => {
    await lockTitle(queries, request.titleId)
    const time = services.now()
    const job: MigrationJob = {
      ...request,
      state: 'running',
      pauseReason: '',
      counts: NO_COUNTS,
      runCount: 0,
      watermark: undefined,
      overlap: request.overlap ?? DEFAULT_OVERLAP,
      actor: call.actor,
      createTime: time,
      updateTime: time,
    }
    if (await queries.migrationJobs.insert(job))
      return { result: job, change: migrationJobChange(undefined, job) }
    const existing = await jobOf(queries, request)
    const { mapping, deliveriesPerSecond, lazySource, overlap } = existing
    const isSame =
      sameJson(mapping, request.mapping) &&
      deliveriesPerSecond === request.deliveriesPerSecond &&
      isDeepStrictEqual(lazySource, request.lazySource ?? lazySource) &&
      overlap === (request.overlap ?? overlap)
    if (!isSame) throw jobExists(request)
    return { result: existing, change: undefined }
  })
  return announced(services, created)
}

/** Returns the job, after this server has read its lazy source. Other servers read it within seconds. */
async function announced(services: Services, job: MigrationJob): Promise<MigrationJob> {
  if (job.lazySource !== undefined) await services.lazyPulls.refresh()
  return job
}

/** Returns a job with its first 1000 sources, or only with the named one. */
export async function getJob(
  services: Services,
  { source, ...key }: MigrationJobKey & { readonly source?: string | undefined },
  call: Call,
): Promise<JobState> {
  return services.store.read(call.signal, async (queries) => ({
    job: await jobOf(queries, key),
    sources: await queries.migrationJobs.listSources(key, source),
  }))
}

export async function listJobs(
  services: Services,
  request: Paging & { readonly titleId: string },
  call: Call,
): Promise<Page<MigrationJob>> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['migrationJobs', titleId],
      (after, limit) => queries.migrationJobs.list(titleId, after?.id ?? '', limit),
      ({ jobId }) => ({ key: 0n, id: jobId }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}

/** A change of a job's state by its operator. */
export function pauseJob(services: Services, key: MigrationJobKey, call: Call): Promise<MigrationJob> {
  return changeState(services, key, call, async (_, job) => {
    if (job.state !== 'running' && job.state !== 'paused') throw notRunning(job)
    return 'paused'
  })
}

export function resumeJob(services: Services, key: MigrationJobKey, call: Call): Promise<MigrationJob> {
  return changeState(services, key, call, async (_, job) => {
    authorize(call.principal, startPermissions(job))
    if (job.state === 'rolled_back') throw rolledBack(job)
    return 'running'
  })
}

export function cancelJob(services: Services, key: MigrationJobKey, call: Call): Promise<MigrationJob> {
  return changeState(services, key, call, async (_, { state }) =>
    state === 'running' || state === 'paused' ? 'cancelled' : state,
  )
}

/** @throws LaurelError MIGRATION_INPUT_MISSING if a source was not read to its end */
export function finishJob(services: Services, key: MigrationJobKey, call: Call): Promise<MigrationJob> {
  return changeState(services, key, call, async (queries, job) => {
    if (job.state.startsWith('succeeded')) return job.state
    if (job.state !== 'running') throw notRunning(job)
    const unfinished = await queries.migrationJobs.findUnfinishedSource(key)
    if (unfinished !== undefined) throw inputMissing(job, unfinished)
    await queries.migrationJobs.endRun(key)
    return job.counts.refused > 0n ? 'succeeded_with_refusals' : 'succeeded'
  })
}

export async function deleteJob(services: Services, key: MigrationJobKey, call: Call): Promise<void> {
  await writeAudited(services, call, async (queries) => {
    const job = await lockJob(queries, key)
    await queries.migrationJobs.delete(key)
    return { result: undefined, change: migrationJobChange(job, undefined) }
  })
  await services.lazyPulls.refresh()
}

export async function listRefusals(
  services: Services,
  request: Paging & MigrationJobKey,
  call: Call,
): Promise<Page<MigrationRefusal>> {
  const { titleId, jobId } = request
  return services.store.read(call.signal, async (queries) => {
    await jobOf(queries, request)
    return readPage(
      request,
      ['migrationRefusals', titleId, jobId],
      (after, limit) => {
        const [, ordinal = '-1', source = ''] = /^(\d+) (.*)$/su.exec(after?.id ?? '') ?? []
        const position = { source, position: after?.key ?? -1n, ordinal: Number(ordinal) % 2 ** 31 }
        return queries.migrationRecords.listRefusals(request, position, limit)
      },
      ({ source, position, ordinal }) => ({ key: position, id: `${ordinal} ${source}` }),
    )
  })
}

export async function listConflicts(
  services: Services,
  request: Paging & MigrationJobKey,
  call: Call,
): Promise<Page<MigrationConflict>> {
  const { titleId, jobId } = request
  return services.store.read(call.signal, async (queries) => {
    await jobOf(queries, request)
    return readPage(
      request,
      ['migrationConflicts', titleId, jobId],
      (after, limit) => {
        const [, kind = '', length = '0', ids = ''] = /^(\w+) (\d+) (.*)$/su.exec(after?.id ?? '') ?? []
        const [playerId, achievementId] = [ids.slice(0, Number(length)), ids.slice(Number(length))]
        return queries.migrationRecords.listConflicts(request, [playerId, achievementId, kind], limit)
      },
      ({ playerId, achievementId, kind }) => ({
        key: 0n,
        id: `${kind} ${playerId.length} ${playerId}${achievementId}`,
      }),
    )
  })
}

async function changeState(
  services: Services,
  key: MigrationJobKey,
  call: Call,
  next: (queries: Queries, job: MigrationJob) => Promise<MigrationState>,
): Promise<MigrationJob> {
  const changed = await writeAudited(services, call, async (queries) => {
    const job = await lockJob(queries, key)
    const state = await next(queries, job)
    if (state === job.state) return { result: job, change: undefined }
    const change = { counts: NO_COUNTS, state, pauseReason: '', time: services.now() }
    const result = await queries.migrationJobs.advance(key, change)
    return { result, change: migrationJobChange(job, result) }
  })
  return announced(services, changed)
}

export async function jobOf(queries: Queries, key: MigrationJobKey): Promise<MigrationJob> {
  return (await queries.migrationJobs.find(key)) ?? missingJob(queries, key)
}

/** As `jobOf`; a deletion of the job waits, so that rows of the job can be inserted. */
export async function lockJobShared(queries: Queries, key: MigrationJobKey): Promise<MigrationJob> {
  return (await queries.migrationJobs.lockShared(key)) ?? missingJob(queries, key)
}

export async function lockJob(queries: Queries, key: MigrationJobKey): Promise<MigrationJob> {
  return (await queries.migrationJobs.lock(key)) ?? missingJob(queries, key)
}

async function missingJob(queries: Queries, { titleId, jobId }: MigrationJobKey): Promise<never> {
  await titleOf(queries, titleId)
  const message = `migration job ${jobId} does not exist in title ${titleId}, or has been purged: create it`
  throw new LaurelError('not_found', 'MIGRATION_JOB_NOT_FOUND', message, { metadata: { titleId, jobId } })
}

export function notRunning({ titleId, jobId, state, pauseReason }: MigrationJob): LaurelError {
  const reason = pauseReason === '' ? '' : `: ${pauseReason}`
  const remedy = state === 'rolled_back' ? 'create another one' : 'resume it to go on'
  const message = `migration job ${jobId} is ${state.replaceAll('_', ' ')}${reason}: ${remedy}`
  const metadata = { titleId, jobId, state }
  return new LaurelError('failed_precondition', 'MIGRATION_JOB_NOT_RUNNING', message, { metadata })
}

function rolledBack({ titleId, jobId }: MigrationJob): LaurelError {
  const message = `migration job ${jobId} is rolled back: create another one`
  const metadata = { titleId, jobId }
  return new LaurelError('failed_precondition', 'MIGRATION_JOB_ROLLED_BACK', message, { metadata })
}

function jobExists({ titleId, jobId }: MigrationJobKey): LaurelError {
  const message = `title ${titleId} has a migration job ${jobId} with another mapping, rate, overlap or lazy source: choose another id`
  return new LaurelError('already_exists', 'MIGRATION_JOB_EXISTS', message, { metadata: { titleId, jobId } })
}

function inputMissing({ titleId, jobId }: MigrationJob, source: string): LaurelError {
  const message = `source ${source} of migration job ${jobId} was not read to its end: feed the rest, or cancel the job`
  const metadata = { titleId, jobId, source }
  return new LaurelError('failed_precondition', 'MIGRATION_INPUT_MISSING', message, { metadata })
}
