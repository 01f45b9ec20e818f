import type { MigrationJob, MigrationJobKey } from '../../model/migration-job.ts'
import { NOT_STARTED, type ProgressKey } from '../../model/progress.ts'
import type { JobProgressKey, JobStatKey } from '../../store/migration-jobs/migration-rollback.ts'
import type { Queries } from '../../store/queries.ts'
import { migrationJobChange } from '../audit/changes.ts'
import { writeAudited } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { UnitOfWork } from '../progress/writer/unit-of-work.ts'
import type { Services } from '../services.ts'
import { announcePart } from './announce-part.ts'
import { lockJob, NO_COUNTS } from './jobs.ts'

export interface RollbackJob extends MigrationJobKey {
  readonly reason: string
}

/** The counts so far. The last part has the job. */
export interface RolledBack {
  readonly deletedCount: number
  readonly restoredCount: number
  readonly remainingCount: number
  readonly restoredStatCount: number
  readonly remainingStatCount: number
  /** The progress of this part that has changed since the job wrote it, and stays. */
  readonly remaining: readonly ProgressKey[]
  readonly job?: MigrationJob
}

/** Rows per transaction. */
const PAGE_SIZE = 2_000

/**
 * Deletes what a job inserted and restores what it changed, unless it has changed since. Each part is one transaction, and a repetition
 * goes on: progress that is taken back is no longer the job's. Restored progress of another job is that job's again.
 */
export async function* rollbackJob(
  services: Services,
  request: RollbackJob,
  call: Call,
): AsyncGenerator<RolledBack> {
  await writeAudited(services, call, async (queries) => {
    const job = await lockJob(queries, request)
    // From the beginning: a job of which a part is taken back cannot be resumed.
    const result = await setRolledBack(services, queries, request)
    return { result, change: migrationJobChange(job, result, request.reason) }
  })
  const counts = {
    deletedCount: 0,
    restoredCount: 0,
    remainingCount: 0,
    restoredStatCount: 0,
    remainingStatCount: 0,
  }
  const write = <Result>(work: (queries: Queries) => Promise<Result>) =>
    services.store.write(call.signal, work)
  // Players' documents that are on their way see the new state, or are written before the rows are listed.
  await write((queries) => queries.migrationPulls.endClaims(request))
  for (let after: JobProgressKey | undefined = FIRST; after !== undefined; ) {
    const from: JobProgressKey = after
    const page = await write((queries) => takeBack(services, queries, request, from, call))
    counts.deletedCount += page.deletedCount
    counts.restoredCount += page.restoredCount
    counts.remainingCount += page.remaining.length
    yield { ...counts, remaining: page.remaining }
    after = page.last
    call.signal.throwIfAborted()
  }
  for (let after: JobStatKey | undefined = FIRST_STAT; after !== undefined; ) {
    const from: JobStatKey = after
    const page = await write((queries) => takeBackStats(services, queries, request, from))
    counts.restoredStatCount += page.restoredCount
    counts.remainingStatCount += page.remainingCount
    yield { ...counts, remaining: [] }
    after = page.last
    call.signal.throwIfAborted()
  }
  const job = await write((queries) => setRolledBack(services, queries, request))
  yield { ...counts, remaining: [], job }
}

function setRolledBack({ now }: Services, queries: Queries, key: MigrationJobKey): Promise<MigrationJob> {
  const change = { counts: NO_COUNTS, state: 'rolled_back', pauseReason: '', time: now() } as const
  return queries.migrationJobs.advance(key, change)
}

const FIRST: JobProgressKey = { achievementId: '', playerId: '' }
const FIRST_STAT: JobStatKey = { playerId: '', code: '' }

async function takeBack(
  services: Services,
  queries: Queries,
  job: RollbackJob,
  after: JobProgressKey,
  call: Call,
) {
  const { titleId } = job
  const time = services.now()
  const rollback = queries.migrationRollback
  const found = await rollback.list(job, after, PAGE_SIZE)
  const keys = found.map((key) => ({ ...key, titleId }))
  const ids = [...new Set(found.map(({ achievementId }) => achievementId))]
  const definitions = await queries.achievements.lockShared(titleId, ids)
  const achievements = new Map(definitions.map((achievement) => [achievement.id, achievement]))
  const unitOfWork = await UnitOfWork.open(queries, time, keys)
  const former = await rollback.findFormer(job, keys)
  const remaining: ProgressKey[] = []
  const ofOtherJobs = new Map<string, ProgressKey[]>()
  let [deletedCount, restoredCount] = [0, 0]
  for (const [index, key] of keys.entries()) {
    const state = former[index]
    const achievement = achievements.get(key.achievementId)
    if (state === undefined || achievement === undefined || unitOfWork.isRemoved(key)) {
      remaining.push(key)
      continue
    }
    const change = { kind: 'reset', time, actor: call.actor, reason: job.reason, requestId: '' } as const
    unitOfWork.of(key).change(achievement, state.progress ?? NOT_STARTED, change)
    if (state.progress === undefined) deletedCount += 1
    else restoredCount += 1
    if (state.jobId !== undefined)
      ofOtherJobs.set(state.jobId, [...(ofOtherJobs.get(state.jobId) ?? []), key])
  }
  const unlocks = new Map<string, number>()
  const changed = unitOfWork.changedKeys
  for (const { achievementId, unlockChange } of await unitOfWork.flushSilently(queries))
    unlocks.set(achievementId, (unlocks.get(achievementId) ?? 0) + unlockChange)
  await rollback.detach(job, changed)
  for (const [jobId, keys] of ofOtherJobs) {
    const version = await queries.migrationParts.insert({ titleId, jobId }, time)
    await queries.migrationParts.setVersion(version, keys)
  }
  await queries.unlockTotals.add(titleId, unlocks)
  if (changed.length > 0) {
    const reason = `migration job ${job.jobId} was rolled back: ${deletedCount} deleted and ${restoredCount} restored`
    await announcePart(queries, { titleId, time, actor: call.actor, reason })
  }
  return { deletedCount, restoredCount, remaining, last: found.length < PAGE_SIZE ? undefined : found.at(-1) }
}

async function takeBackStats({ now }: Services, queries: Queries, job: RollbackJob, after: JobStatKey) {
  const { titleId } = job
  const time = now()
  const keys = await queries.migrationRollback.listStats(job, after, PAGE_SIZE)
  const players = [...new Set(keys.map(({ playerId }) => playerId))]
  await queries.playerTitles.lock(
    players.map((playerId) => ({ playerId, titleId })),
    time,
  )
  const restoredCount = await queries.migrationRollback.restoreStats(job, keys, time)
  return {
    restoredCount,
    remainingCount: keys.length - restoredCount,
    last: keys.length < PAGE_SIZE ? undefined : keys.at(-1),
  }
}
