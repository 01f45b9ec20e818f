import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import type { XboxProgress } from './entry.ts'

/** `Rare` is up to 10.9 percent, by the enumeration of microsoft/xbox-live-api. */
const RARE_BELOW = 11

/** How common each achievement is among the players of its title, as `rarity` says it. */
export async function raritiesOf(
  { operations, call }: GatewayRequest,
  progressList: readonly XboxProgress[],
): Promise<(progressEntry: XboxProgress) => JsonObject> {
  const titleIds = new Set(progressList.map(({ title }) => title.title.id))
  const counts = new Map<string, Awaited<ReturnType<typeof operations.countUnlocks>>>()
  for (const titleId of titleIds) counts.set(titleId, await operations.countUnlocks({ titleId }, call))
  return ({ title, achievement }) => {
    const { players = 0, unlocks } = counts.get(title.title.id) ?? {}
    const share = players === 0 ? 0 : (unlocks?.get(achievement.id) ?? 0) / players
    const currentPercentage = Math.round(Math.min(share, 1) * 10_000) / 100
    return { currentCategory: currentPercentage < RARE_BELOW ? 'Rare' : 'Common', currentPercentage }
  }
}
