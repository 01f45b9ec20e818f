import type { PlayerSummary } from '../model/player.ts'
import { titleOf } from './lookup.ts'
import type { Call, Services } from './services.ts'

/** From the totals that are kept with each write; zeros for a player of whom nothing was reported. */
export async function getPlayerSummary(
  services: Services,
  request: { readonly titleId: string; readonly playerId: string },
  call: Call,
): Promise<PlayerSummary> {
  const { titleId, playerId } = request
  return services.store.read(call.signal, async (queries) => {
    await titleOf(queries, titleId)
    const [sheet, totals] = [await queries.sheetOf(request), await queries.titleTotals(titleId)]
    return {
      playerId,
      titleId,
      unlockedCount: sheet?.unlockedCount ?? 0,
      score: sheet?.score ?? 0n,
      lastUnlockTime: sheet?.lastUnlockTime,
      ...totals,
    }
  })
}
