import type { PlayerSummary } from '../../model/player.ts'
import { titleNotFound } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** From the totals that are kept with each write; zeros for a player of whom nothing was reported. */
export async function getPlayerSummary(
  services: Services,
  request: { readonly titleId: string; readonly playerId: string },
  call: Call,
): Promise<PlayerSummary> {
  const summary = await services.store.read(call.signal, (queries) =>
    queries.playerTitles.findSummary(request),
  )
  if (summary === undefined) throw titleNotFound(request.titleId)
  return summary
}
