import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { StatValue, StatWriter } from '../../model/stat.ts'
import type { ProgressResult } from '../progress/writer/apply-report.ts'
import type { Call, Services } from '../services.ts'
import type { ContributionResult } from './record-contributions.ts'
import type { StatUpdate } from './stat-updates.ts'

export interface RecordStats {
  readonly titleId: string
  readonly playerId: string
  /** Applied in their order; all of them or none. */
  readonly updates: readonly StatUpdate[]
  readonly occurredTime: Instant | undefined
  readonly requestId: string | undefined
  /** As whom the caller writes. A player is a client; others are servers, and may say which. */
  readonly writer?: StatWriter
}

export interface RecordStatsResult {
  /** The values after the updates, one for each stat that was named, in order of first mention. */
  readonly values: readonly StatValue[]
  /** What moved of the achievements that follow those stats. */
  readonly progressResults: readonly ProgressResult[]
  /** What the player gave to community achievements that follow them. */
  readonly contributions: readonly ContributionResult[]
}

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
  const outcome = await services.progressWriter.recordStats(services, { request, by: call })
  if (outcome instanceof LaurelError) throw outcome
  return outcome
}
