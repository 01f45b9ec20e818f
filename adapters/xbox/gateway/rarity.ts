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
  const shares = new Map<string, Awaited<ReturnType<typeof operations.findUnlockShares>>>()
  for (const titleId of titleIds) shares.set(titleId, await operations.findUnlockShares({ titleId }, call))
  return ({ title, achievement }) => {
    const percent = shares.get(title.title.id)?.get(achievement.id)?.unlockedPercent ?? 0
    const currentPercentage = Math.round(percent * 100) / 100
    return { currentCategory: currentPercentage < RARE_BELOW ? 'Rare' : 'Common', currentPercentage }
  }
}
