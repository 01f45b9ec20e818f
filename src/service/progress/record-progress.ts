import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { Report } from '../../model/progress.ts'
import type { Call, Services } from '../services.ts'
import type { ProgressResult } from './writer/apply-report.ts'

export interface RecordProgress {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
  readonly report: Exclude<Report, { readonly kind: 'stat' | 'import' }>
  /** When it happened, if that was not just now. */
  readonly occurredTime: Instant | undefined
  readonly requestId: string | undefined
}

/**
 * Records what a player did. Progress only rises, and an achievement unlocks once, however many report it: one
 * caller hears `newlyUnlocked`, the others `alreadyUnlocked`.
 */
export async function recordProgress(
  services: Services,
  request: RecordProgress,
  call: Call,
): Promise<ProgressResult> {
  const outcome = await services.progressWriter.record(services, { item: request, by: call })
  if (outcome instanceof LaurelError) throw outcome
  return outcome
}
