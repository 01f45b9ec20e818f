import { LaurelError } from '../../model/errors.ts'
import type { RecordStats, RecordStatsResult } from '../progress/writer/contract.ts'
import type { Call, Services } from '../services.ts'

/**
 * Writes a player's stats and moves, in the same transaction, each achievement that follows them.
 * @throws LaurelError for a value outside its stat's bounds: it is refused, not clamped; SERVER_ONLY for a client's
 *   update of a stat that servers write.
 */
export async function recordStats(
  services: Services,
  request: RecordStats,
  call: Call,
): Promise<RecordStatsResult> {
  const outcome = await services.progressWriter.recordStats({ request, call })
  if (outcome instanceof LaurelError) throw outcome
  return outcome
}
