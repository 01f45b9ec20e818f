import type { StoredAchievement } from '../../../model/achievement.ts'
import { LaurelError } from '../../../model/errors.ts'
import type { Instant } from '../../../model/instant.ts'
import { requestDigest } from '../../idempotency.ts'
import type { IdempotencyStore } from '../../idempotency-store.ts'
import type { Services } from '../../services.ts'
import { type ProgressResult, report, whenOf } from './apply-report.ts'
import type { PlayerTitleChanges } from './player-title-changes.ts'
import type { Entry, RecordOutcome } from './report-entry.ts'
import { formatStoredResult, parseStoredResult } from './response-text.ts'

/** What entries are judged by: read and locked, or known and made sure of when their changes are written. */
export interface KnownState {
  readonly now: Instant
  readonly idempotency: IdempotencyStore
  /** Of an entry that has a definition. */
  changesOf(entry: Entry, index: number): PlayerTitleChanges
  /** @throws LaurelError NOT_FOUND naming the title or the achievement. */
  definitionOf(entry: Entry, index: number): StoredAchievement
}

/**
 * The one door for reports: what each makes of what is known, in their order. Changes the ledgers and keeps answers;
 * a report that is refused leaves no trace there.
 */
export function applyReports(
  services: Services,
  known: KnownState,
  entries: readonly Entry[],
): readonly RecordOutcome[] {
  return entries.map((entry, index) => attempt(() => applyOne(services, known, entry, index)))
}

function applyOne(services: Services, known: KnownState, entry: Entry, index: number): ProgressResult {
  const { now, idempotency } = known
  const { item, by } = entry
  const achievement = known.definitionOf(entry, index)
  const digest = item.requestId === undefined ? '' : requestDigest('recordProgress', item)
  const before = idempotency.find(item, digest)
  if (before !== undefined) return parseStoredResult(before, item)
  checkReporter(achievement, entry)
  const context = whenOf(services, now, item.occurredTime, by.actor)
  const told = { actor: by.actor, requestId: item.requestId }
  const result = report(known.changesOf(entry, index), item, achievement, item.report, context, told)
  if (item.requestId !== undefined) idempotency.add(item, digest, formatStoredResult(result))
  return result
}

/** What only servers report, no player may, not even of themselves. */
function checkReporter({ titleId, id, serverOnly }: StoredAchievement, { by }: Entry): void {
  if (!serverOnly || by.principal.kind !== 'player') return
  const message = `only servers report achievement ${id}, and a player asked`
  throw new LaurelError('permission_denied', 'SERVER_ONLY', message, {
    metadata: { titleId, achievementId: id },
  })
}

export function attempt<Result>(run: () => Result): Result | LaurelError {
  try {
    return run()
  } catch (error) {
    return asOutcome(error)
  }
}

/** What its caller is told; anything else is a fault of ours, and thrown on. */
export function asOutcome(error: unknown): LaurelError {
  if (error instanceof LaurelError) return error
  throw error
}
