import type { StoredAchievement } from '../../model/achievement.ts'
import { achievementOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export async function getAchievement(
  services: Services,
  { titleId, achievementId }: { readonly titleId: string; readonly achievementId: string },
  call: Call,
): Promise<StoredAchievement> {
  return services.store.read(call.signal, (queries) => achievementOf(queries, titleId, achievementId))
}
