import type { StoredAchievement } from '../../model/achievement.ts'
import { combineProgress } from '../../model/combine-progress.ts'
import { formatInstant, type Instant, TICKS_PER_MILLISECOND } from '../../model/instant.ts'
import type { MigrationConflict } from '../../model/migration-job.ts'
import { NOT_STARTED, type Progress, type ProgressKey, valueAt } from '../../model/progress.ts'
import { compareQuantities } from '../../model/quantity.ts'

/** The player's existing progress after a record. */
export interface MergedProgress {
  readonly progress: Progress
  readonly isChanged: boolean
  readonly conflict: Omit<MigrationConflict, keyof ProgressKey> | undefined
}

/**
 * Returns the stored progress after a record, whose own progress is as that of a player without any. Values only get closer to their
 * targets, the earlier known unlock time stays, and a record revokes no unlock that was here before.
 */
export function mergeExisting(
  achievement: StoredAchievement,
  ours: Progress,
  theirs: Progress,
): MergedProgress {
  const isNew = ours === NOT_STARTED
  const wasAchieved = ours.state === 'achieved'
  const combined = combineProgress(achievement, ours, { ...theirs, revoked: theirs.revoked && !wasAchieved })
  const isChanged = isNew
    ? theirs.state !== 'not_started' || Object.keys(theirs.values).length > 0
    : !isSame(ours, combined)
  const { firstReportTime, lastReportTime } = ours
  const progress = isNew
    ? { ...combined, writer: theirs.writer }
    : {
        ...combined,
        firstReportTime: firstReportTime ?? combined.firstReportTime,
        lastReportTime,
        writer: theirs.writer,
      }
  return { progress, isChanged, conflict: isNew ? undefined : conflictOf(achievement, ours, theirs) }
}

function isSame(left: Progress, right: Progress): boolean {
  const facts = ({
    state,
    reportedPercent,
    unlockTime,
    unlockPrecision,
    revoked,
    values,
    extensions,
  }: Progress) =>
    JSON.stringify(
      [
        state,
        reportedPercent,
        String(unlockTime),
        unlockPrecision,
        revoked,
        Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)),
        Object.entries(extensions).sort(([a], [b]) => (a < b ? -1 : 1)),
      ],
      (_, value) => (typeof value === 'bigint' ? `${value}n` : value),
    )
  return facts(left) === facts(right)
}

function conflictOf(
  achievement: StoredAchievement,
  ours: Progress,
  theirs: Progress,
): MergedProgress['conflict'] {
  if (ours.revoked && theirs.state === 'achieved' && !theirs.revoked)
    return { kind: 'revoked', theirs: 'achieved', ours: 'revoked' }
  if (ours.state === 'achieved' && theirs.state === 'achieved') {
    const [left, right] = [ours.unlockTime, theirs.unlockTime]
    if (left === undefined || right === undefined || !areApart(left, right)) return undefined
    return { kind: 'unlock_time', theirs: formatInstant(right), ours: formatInstant(left) }
  }
  return isLower(achievement, theirs, ours)
    ? { kind: 'lower', theirs: shown(theirs), ours: shown(ours) }
    : undefined
}

/** Returns whether progress is less far than other progress in any respect. */
export function isLower(achievement: StoredAchievement, progress: Progress, other: Progress): boolean {
  return (
    (other.state === 'achieved' && progress.state !== 'achieved') ||
    progress.percent < other.percent ||
    achievement.requirements.some(({ id, operator }) => {
      const [own, further] = [valueAt(progress.values, id), valueAt(other.values, id)]
      if (own === undefined || further === undefined) return false
      const difference = compareQuantities(own, further)
      return operator === 'at_least' ? difference < 0 : difference > 0
    })
  )
}

/** Returns whether two unlock times are known and differ by more than a platform rounds. */
export function areApart(left: Instant | undefined, right: Instant | undefined): boolean {
  if (left === undefined || right === undefined) return false
  return (left > right ? left - right : right - left) > TICKS_PER_MILLISECOND
}

function shown({ state, percent }: Progress): string {
  return state === 'achieved' ? 'achieved' : `${percent} %`
}
