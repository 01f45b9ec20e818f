import type { StoredAchievement } from '../../model/achievement.ts'
import { attributionOf } from '../call.ts'
import type { Call, Services } from '../services.ts'
import { type AchievementPatch, patchAchievement } from './update-achievement.ts'

export interface ReviseAchievement {
  readonly titleId: string
  readonly achievementId: string
  /** What changes of the definition as it is; asked again when the transaction is, so it keeps nothing. */
  readonly revise: (current: StoredAchievement) => AchievementPatch
}

/** An update that needs to know what it changes, for a caller who may update and need not be allowed to read. */
export async function reviseAchievement(
  services: Services,
  request: ReviseAchievement,
  call: Call,
): Promise<StoredAchievement> {
  return services.store.write(call.signal, (queries) =>
    patchAchievement(services, queries, request, attributionOf(call, undefined), request.revise),
  )
}
