import type { StoredAchievement } from '../../../model/achievement.ts'
import { applyReport } from '../../../model/apply-report.ts'
import { LaurelError, type Reason } from '../../../model/errors.ts'
import { formatInstant, type Instant, TICKS_PER_SECOND } from '../../../model/instant.ts'
import type { Outcome, Progress, Rejection, Report, ReportContext } from '../../../model/progress.ts'
import type { ProgressKey } from '../../../store/progress/progress.ts'
import type { Queries } from '../../../store/queries.ts'
import { achievementNotFound, titleNotFound } from '../../require.ts'
import type { Call, Services } from '../../services.ts'
import type { PlayerTitleChanges } from './player-title-changes.ts'

/** What a report did to one player's standing on one achievement. */
export interface ProgressResult extends ProgressKey {
  readonly progress: Progress
  /** False when the report was lower than or equal to what is known. */
  readonly changed: boolean
  readonly newlyUnlocked: boolean
  readonly alreadyUnlocked: boolean
}

/**
 * When something happened: the caller's word, within bounds, or Laurel's clock.
 * @throws LaurelError for a time in the future, or further back than the configured bound.
 */
export function whenOf(
  services: Services,
  now: Instant,
  occurredTime: Instant | undefined,
  writer: string,
): ReportContext {
  if (occurredTime === undefined) return { time: now, precision: 'exact', writer }
  const { maxBackdateSeconds } = services.settings
  const earliest = now - BigInt(maxBackdateSeconds) * TICKS_PER_SECOND
  if (occurredTime <= now && occurredTime >= earliest)
    return { time: occurredTime, precision: 'reported', writer }
  const message =
    occurredTime > now
      ? `occurred_time ${formatInstant(occurredTime)} lies in the future`
      : `occurred_time ${formatInstant(occurredTime)} lies more than ${maxBackdateSeconds} seconds in the past`
  throw new LaurelError('invalid_argument', 'TIME_OUT_OF_BOUNDS', message, {
    metadata: { earliest: formatInstant(earliest), latest: formatInstant(now) },
    violations: [{ field: 'occurred_time', message: 'must lie within the accepted bounds' }],
  })
}

/** Applies a report to the ledger of its sheet. @throws LaurelError when the achievement cannot take it. */
export function report(
  changes: PlayerTitleChanges,
  key: ProgressKey,
  achievement: StoredAchievement,
  said: Report,
  context: ReportContext,
  attribution: Attribution,
): ProgressResult {
  const outcome = applyReport(achievement, changes.progressOf(key.achievementId), said, context)
  if (outcome.kind === 'rejected') throw rejected(key, outcome)
  if (outcome.changed) {
    changes.change(achievement, outcome.progress, {
      kind: outcome.newlyUnlocked ? 'unlocked' : 'progressed',
      time: context.time,
      actor: attribution.actor,
      reason: '',
      requestId: attribution.requestId ?? '',
    })
  }
  return {
    playerId: key.playerId,
    titleId: key.titleId,
    achievementId: key.achievementId,
    progress: outcome.progress,
    changed: outcome.changed,
    newlyUnlocked: outcome.newlyUnlocked,
    alreadyUnlocked: outcome.alreadyUnlocked,
  }
}

/** The definitions that keys speak of, by title and id. */
export class Definitions {
  readonly #byKey = new Map<string, StoredAchievement>()
  readonly #titles = new Set<string>()

  /** Reads them, in sorted order, and holds them as they are: before any sheet is locked. */
  static async hold(
    queries: Queries,
    keys: readonly { readonly titleId: string; readonly achievementId: string }[],
  ): Promise<Definitions> {
    const definitions = new Definitions()
    const byTitle = Map.groupBy(keys, ({ titleId }) => titleId)
    for (const [titleId, ofTitle] of [...byTitle].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const ids = new Set(ofTitle.map(({ achievementId }) => achievementId))
      const found = await queries.achievements.lockShared(titleId, [...ids])
      for (const achievement of found) definitions.#byKey.set(keyOf(titleId, achievement.id), achievement)
      const known = found.length > 0 || (await queries.titles.find(titleId)) !== undefined
      if (known) definitions.#titles.add(titleId)
    }
    return definitions
  }

  /** @throws LaurelError NOT_FOUND naming the title or the achievement. */
  of({ titleId, achievementId }: Omit<ProgressKey, 'playerId'>): StoredAchievement {
    if (!this.#titles.has(titleId)) throw titleNotFound(titleId)
    const achievement = this.#byKey.get(keyOf(titleId, achievementId))
    if (achievement === undefined) throw achievementNotFound(titleId, achievementId)
    return achievement
  }
}

function keyOf(titleId: string, achievementId: string): string {
  return JSON.stringify([titleId, achievementId])
}

/** Who changes something, and by which call. */
export interface Attribution {
  readonly actor: string
  readonly requestId: string | undefined
}

export function attributionOf(call: Call, requestId: string | undefined): Attribution {
  return { actor: call.actor, requestId }
}

function rejected(key: ProgressKey, outcome: Extract<Outcome, { readonly kind: 'rejected' }>): LaurelError {
  const { code, reason } = REJECTIONS[outcome.why]
  const message = `achievement ${key.achievementId}: ${outcome.detail}`
  const metadata = { titleId: key.titleId, achievementId: key.achievementId, ...outcome.metadata }
  return new LaurelError(code, reason, message, { metadata })
}

const REJECTIONS: Readonly<
  Record<Rejection, { readonly code: 'invalid_argument' | 'failed_precondition'; readonly reason: Reason }>
> = {
  requirement_unknown: { code: 'invalid_argument', reason: 'REQUIREMENT_UNKNOWN' },
  requirement_ambiguous: { code: 'invalid_argument', reason: 'REQUIREMENT_AMBIGUOUS' },
  requirement_follows_stat: { code: 'failed_precondition', reason: 'REQUIREMENT_FOLLOWS_STAT' },
  requirement_falls: { code: 'invalid_argument', reason: 'REQUIREMENT_FALLS' },
  no_requirement: { code: 'failed_precondition', reason: 'NO_REQUIREMENT' },
  outside_window: { code: 'failed_precondition', reason: 'OUTSIDE_WINDOW' },
  community_goal: { code: 'failed_precondition', reason: 'COMMUNITY_GOAL' },
}
