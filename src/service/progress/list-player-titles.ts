import type { PlayerSummary } from '../../model/player.ts'
import { isAllowed } from '../../model/principal.ts'
import type { Title } from '../../model/title.ts'
import { progress } from '../authorization.ts'
import type { Call, Services } from '../services.ts'

export interface PlayerTitleSummary {
  readonly title: Title
  readonly summary: PlayerSummary
}

/**
 * The titles that a player has anything in, of those that the caller may see of the player, in order of id, each with
 * the totals that are kept with every write.
 */
export async function listPlayerTitles(
  services: Services,
  { playerId }: { readonly playerId: string },
  call: Call,
): Promise<readonly PlayerTitleSummary[]> {
  return services.store.read(call.signal, async (queries) => {
    const found: PlayerTitleSummary[] = []
    for (const playerTitle of await queries.playerTitles.listOfPlayer(playerId)) {
      if (!isAllowed(call.principal, progress(playerTitle.titleId, playerId, 'read'))) continue
      const title = await queries.titles.find(playerTitle.titleId)
      // Deleted since the sheets were read.
      if (title === undefined) continue
      const { unlockedCount, score, lastUnlockTime } = playerTitle
      const totals = await queries.titles.findTotals(title.id)
      const summary = { playerId, titleId: title.id, unlockedCount, score, lastUnlockTime, ...totals }
      found.push({ title, summary })
    }
    return found
  })
}
