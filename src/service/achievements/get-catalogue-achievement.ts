import type { StoredAchievement } from '../../model/achievement.ts'
import { asGatewayShows, redactDefinition } from '../progress/player-view.ts'
import type { Call, Services } from '../services.ts'
import { getAchievement } from './get-achievement.ts'

/** Returns an achievement as its platform shows it to players. */
export async function getCatalogueAchievement(
  services: Services,
  request: { readonly titleId: string; readonly achievementId: string },
  call: Call,
): Promise<StoredAchievement> {
  const achievement = await getAchievement(services, request, call)
  const view = { titleId: request.titleId, playerId: undefined }
  const [shown] = await asGatewayShows(services, view, [{ achievement }], redactDefinition, call)
  return shown?.achievement ?? achievement
}
