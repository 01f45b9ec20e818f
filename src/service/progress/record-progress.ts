import type { StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { ProgressResult } from '../../model/progress.ts'
import type { Call } from '../call.ts'
import { achievementNotFound, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import type { RecordOutcome, RecordProgress } from './writer/contract.ts'

/**
 * Records a report. Progress only rises, and an achievement unlocks once, however many reports race: one result is
 * `newlyUnlocked`, the others are `alreadyUnlocked`.
 */
export async function recordProgress(
  services: Services,
  request: RecordProgress,
  call: Call,
): Promise<ProgressResult> {
  const outcome = await services.progressWriter.record({ request, call })
  if (outcome instanceof LaurelError) throw outcome
  return outcome
}

/** Records reports in their order and returns an outcome for each. A failed report leaves no trace and affects no other. */
export async function batchRecordProgress(
  services: Services,
  { items }: { readonly items: readonly RecordProgress[] },
  call: Call,
): Promise<readonly RecordOutcome[]> {
  return services.progressWriter.recordAll(items.map((request) => ({ request, call })))
}

export interface UnlockAchievements {
  readonly titleId: string
  readonly playerId: string
  readonly achievementIds: readonly string[]
  /** Returns the error for an achievement that the platform does not let a client unlock; undefined for others. */
  readonly refusalOf: (achievement: StoredAchievement) => LaurelError | undefined
}

/** Unlocks achievements and returns an outcome for each, in order; each may fail alone. */
export async function unlockAchievements(
  services: Services,
  request: UnlockAchievements,
  call: Call,
): Promise<readonly RecordOutcome[]> {
  const { titleId, playerId, achievementIds } = request
  const found = await services.store.read(call.signal, async (queries) => {
    await titleOf(queries, titleId)
    return queries.achievements.listByIds(titleId, [...new Set(achievementIds)])
  })
  const byId = new Map(found.map((achievement) => [achievement.id, achievement]))
  const items: RecordProgress[] = []
  const refusals = achievementIds.map((achievementId) => {
    const achievement = byId.get(achievementId)
    if (achievement === undefined) return achievementNotFound(titleId, achievementId)
    const refusal = request.refusalOf(achievement)
    if (refusal !== undefined) return refusal
    const report = { kind: 'unlock' } as const
    items.push({ titleId, playerId, achievementId, report, occurredTime: undefined, requestId: undefined })
    return undefined
  })
  const outcomes = items.length === 0 ? [] : await batchRecordProgress(services, { items }, call)
  const next = outcomes.values()
  return refusals.map((refusal) => refusal ?? (next.next().value as RecordOutcome))
}
