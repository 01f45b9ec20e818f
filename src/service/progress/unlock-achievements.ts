import type { StoredAchievement } from '../../model/achievement.ts'
import type { LaurelError } from '../../model/errors.ts'
import { achievementNotFound, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { batchRecordProgress } from './batch-record-progress.ts'
import type { RecordProgress } from './record-progress.ts'
import type { ProgressResult } from './writer/apply-report.ts'

export interface UnlockAchievements {
  readonly titleId: string
  readonly playerId: string
  readonly achievementIds: readonly string[]
  /** Whether a trusted caller says so; else it is the player's own game. */
  readonly trusted: boolean
  /** What the platform lets nobody unlock just so: why not, in place of the unlock. */
  readonly refusalOf: (achievement: StoredAchievement) => LaurelError | undefined
}

/** Unlocks what may be unlocked by a word, through the one door. An answer for each, in order; one may fail alone. */
export async function unlockAchievements(
  services: Services,
  request: UnlockAchievements,
  call: Call,
): Promise<readonly (ProgressResult | LaurelError)[]> {
  const { titleId, playerId, achievementIds } = request
  const found = await services.store.read(call.signal, async (queries) => {
    await titleOf(queries, titleId)
    return queries.achievements.listByIds(titleId, [...new Set(achievementIds)])
  })
  const byId = new Map(found.map((achievement) => [achievement.id, achievement]))
  const items: RecordProgress[] = []
  const refused = achievementIds.map((achievementId) => {
    const achievement = byId.get(achievementId)
    if (achievement === undefined) return achievementNotFound(titleId, achievementId)
    const refusal = request.refusalOf(achievement)
    if (refusal !== undefined) return refusal
    const report = { kind: 'unlock' } as const
    items.push({ titleId, playerId, achievementId, report, occurredTime: undefined, requestId: undefined })
    return undefined
  })
  const results = items.length === 0 ? [] : await batchRecordProgress(services, { items }, call)
  let next = 0
  return refused.map((refusal) => refusal ?? (results[next++] as (typeof results)[number]))
}
