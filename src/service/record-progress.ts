import type { LaurelError } from '../model/errors.ts'
import type { Instant } from '../model/instant.ts'
import type { Report } from '../model/progress.ts'
import { batchRecordProgress } from './batch-record-progress.ts'
import type { ProgressResult } from './reports.ts'
import type { Call, Services } from './services.ts'

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
  const [result] = await batchRecordProgress(services, { items: [request] }, call)
  if (result instanceof Error) throw result
  return result as Exclude<typeof result, LaurelError | undefined>
}
