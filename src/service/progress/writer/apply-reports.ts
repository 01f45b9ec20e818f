import type { StoredAchievement } from '../../../model/achievement.ts'
import { applyReport } from '../../../model/apply-report.ts'
import { type ErrorCode, LaurelError } from '../../../model/errors.ts'
import { formatInstant, type Instant, TICKS_PER_SECOND } from '../../../model/instant.ts'
import type {
  Outcome,
  ProgressKey,
  ProgressResult,
  Rejection,
  Report,
  ReportContext,
} from '../../../model/progress.ts'
import type { NewEvent } from '../../../store/events/event-rows.ts'
import type { ChangeResponse } from '../../../store/progress/progress-changes.ts'
import { type Attribution, attributionOf } from '../../call.ts'
import { callerKey, type IdempotencyStore, requestDigest, requestKey } from '../../idempotency.ts'
import { achievementNotFound } from '../../require.ts'
import { isHiddenFrom, resultFor } from '../hidden-result.ts'
import type { RecordOutcome, ReportEntry, TimeBounds } from './contract.ts'
import { formatStoredResult, parseStoredResult } from './response-text.ts'
import type { PlayerTitleChanges } from './unit-of-work.ts'

/** The state to which reports are applied: locked, or verified by the statement that writes the changes. */
export interface ReportState {
  readonly now: Instant
  readonly timeBounds: TimeBounds
  readonly idempotency: IdempotencyStore
  /** @throws LaurelError NOT_FOUND naming the title or the achievement. */
  definitionOf(entry: ReportEntry, index: number): StoredAchievement
  /** Called only for an entry that has a definition. */
  changesOf(entry: ReportEntry, index: number): PlayerTitleChanges
  /** Returns the player's values of the stats that the achievement follows; undefined if they were not read. */
  statsOf?(entry: ReportEntry): ReportContext['stats']
}

/**
 * Applies reports in their order, and returns an outcome for each. Changes and responses are collected in memory; a
 * rejected report leaves none.
 */
export function applyReports(state: ReportState, entries: readonly ReportEntry[]): readonly RecordOutcome[] {
  return entries.map((entry, index) => attempt(() => applyEntry(state, entry, index)))
}

function applyEntry(state: ReportState, entry: ReportEntry, index: number): ProgressResult {
  const { idempotency } = state
  const { request, call } = entry
  const achievement = state.definitionOf(entry, index)
  const digest = request.requestId === undefined ? '' : requestDigest('recordProgress', request)
  const stored = idempotency.find(entry, digest)
  if (stored !== undefined) {
    const result = typeof stored === 'string' ? parseStoredResult(stored, request) : stored
    return resultFor(call, achievement, result)
  }
  checkVisible(achievement, entry)
  checkServerOnly(achievement, entry)
  const context = { ...contextOf(state, request.occurredTime, call.actor), stats: state.statsOf?.(entry) }
  const attribution = attributionOf(call, request.requestId)
  const changes = state.changesOf(entry, index)
  const isHidden = isHiddenFrom(call.principal, achievement.hidden)
  const result = addReport(changes, request, achievement, request.report, context, {
    ...attribution,
    isHidden,
    response: responseOf(entry, digest),
  })
  if (digest !== '') idempotency.add(entry, digest, result.changed ? result : formatStoredResult(result))
  return resultFor(call, achievement, result)
}

function responseOf({ request: { requestId }, call: { principal } }: ReportEntry, digest: string) {
  if (requestId === undefined) return undefined
  return { caller: callerKey(principal), requestKey: requestKey(requestId, principal), digest }
}

interface ReportAttribution extends Attribution, Pick<NewEvent, 'silent'> {
  readonly reason?: string
  /** Whether the error of a rejection must not name requirements. */
  readonly isHidden?: boolean
  /** Set if the event of the change is the stored response to the request. */
  readonly response?: Omit<ChangeResponse, 'missing'> | undefined
}

/** Adds one report to the changes of its player's title. @throws LaurelError if the achievement rejects it. */
export function addReport(
  changes: PlayerTitleChanges,
  { playerId, titleId, achievementId }: ProgressKey,
  achievement: StoredAchievement,
  report: Report,
  context: ReportContext,
  { isHidden = false, response, requestId = '', reason = '', ...attribution }: ReportAttribution,
): ProgressResult {
  const outcome = applyReport(achievement, changes.progressOf(achievementId), report, context)
  if (outcome.kind === 'rejected') throw rejected(achievement, outcome, isHidden)
  const { kind: _, ...recorded } = outcome
  const { progress, changed, newlyUnlocked, missing } = recorded
  if (changed) {
    const kind = newlyUnlocked ? 'unlocked' : 'progressed'
    const { time } = context
    const stored = response && { ...response, missing }
    changes.change(achievement, progress, { kind, time, ...attribution, reason, requestId, response: stored })
  }
  return { playerId, titleId, achievementId, ...recorded }
}

/**
 * Returns the time and the author of a report. The time is the caller's, within bounds, or Laurel's clock: a time that is
 * ahead by no more than clocks may differ is taken as now.
 * @throws LaurelError TIME_OUT_OF_BOUNDS for a time further ahead, or further back than the configured bound.
 */
export function contextOf(
  { now, timeBounds: { maxBackdateSeconds, maxClockSkewSeconds } }: Pick<ReportState, 'now' | 'timeBounds'>,
  occurredTime: Instant | undefined,
  actor: string,
): ReportContext {
  const earliest = now - BigInt(maxBackdateSeconds) * TICKS_PER_SECOND
  const latest = now + BigInt(maxClockSkewSeconds) * TICKS_PER_SECOND
  if (occurredTime === undefined || (occurredTime > now && occurredTime <= latest))
    return { time: now, precision: 'exact', actor }
  if (occurredTime <= now && occurredTime >= earliest)
    return { time: occurredTime, precision: 'reported', actor }
  const message =
    occurredTime > now
      ? `occurred_time ${formatInstant(occurredTime)} lies more than ${maxClockSkewSeconds} seconds in the future`
      : `occurred_time ${formatInstant(occurredTime)} lies more than ${maxBackdateSeconds} seconds in the past`
  throw new LaurelError('invalid_argument', 'TIME_OUT_OF_BOUNDS', message, {
    metadata: { earliest: formatInstant(earliest), latest: formatInstant(latest) },
    violations: [{ field: 'occurred_time', message: 'must lie within the accepted bounds' }],
  })
}

/** For a player, a draft does not exist. */
function checkVisible({ titleId, id, lifecycle }: StoredAchievement, { call }: ReportEntry): void {
  if (lifecycle === 'draft' && call.principal.kind === 'player') throw achievementNotFound(titleId, id)
}

function checkServerOnly({ titleId, id, serverOnly }: StoredAchievement, { call }: ReportEntry): void {
  if (!serverOnly || call.principal.kind !== 'player') return
  const message = `achievement ${id} is reported by servers only, and the caller is a player`
  throw new LaurelError('permission_denied', 'SERVER_ONLY', message, {
    metadata: { titleId, achievementId: id },
  })
}

/** Returns the result, or the error that is meant for the caller. */
export function attempt<Result>(run: () => Result): Result | LaurelError {
  try {
    return run()
  } catch (error) {
    return asOutcome(error)
  }
}

/** Returns an error that is meant for the caller; throws any other. */
export function asOutcome(error: unknown): LaurelError {
  if (error instanceof LaurelError) return error
  throw error
}

type Rejected = Extract<Outcome, { readonly kind: 'rejected' }>

function rejected(
  { titleId, id }: StoredAchievement,
  { reason, detail, metadata }: Rejected,
  isHidden: boolean,
): LaurelError {
  const shown = isHidden ? { detail: 'it does not accept this report, and is hidden' } : { detail, metadata }
  return new LaurelError(REJECTION_CODES[reason], reason, `achievement ${id}: ${shown.detail}`, {
    metadata: { titleId, achievementId: id, ...shown.metadata },
  })
}

const REJECTION_CODES: Readonly<Record<Rejection, ErrorCode>> = {
  REQUIREMENT_UNKNOWN: 'invalid_argument',
  REQUIREMENT_AMBIGUOUS: 'invalid_argument',
  REQUIREMENT_FALLS: 'invalid_argument',
  REQUIREMENT_FOLLOWS_STAT: 'failed_precondition',
  NO_REQUIREMENT: 'failed_precondition',
  OUTSIDE_WINDOW: 'failed_precondition',
  COMMUNITY_GOAL: 'failed_precondition',
  NOT_LIVE: 'failed_precondition',
}
