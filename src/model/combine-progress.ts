import type { Achievement } from './achievement.ts'
import { currentProgress, windowOf } from './current-progress.ts'
import type { Instant } from './instant.ts'
import { percentOf } from './percent.ts'
import { NOT_STARTED, type Progress } from './progress.ts'
import { addQuantities, compareQuantities } from './quantity.ts'
import { withinWire } from './values.ts'

/**
 * Returns the progress of a player who turned out to be two: each value is the one closer to its target, the earlier known
 * unlock time stays, and a revoked unlock stays revoked. A window counts the rises of a stat: those of a stat in `summedStats` add up,
 * as the stat itself does. Of extensions that both have, the first player's stay.
 */
export function combineProgress(
  achievement: Achievement,
  first: Progress,
  second: Progress,
  summedStats: ReadonlySet<string> = new Set(),
): Progress {
  const [ours, theirs] = [currentProgress(achievement, first), currentProgress(achievement, second)]
  if (second === NOT_STARTED) return ours
  const unlock = earlierUnlock(ours, theirs)
  const isStarted = ours.state !== 'not_started' || theirs.state !== 'not_started'
  const combined: Progress = {
    state: unlock !== undefined ? 'achieved' : isStarted ? 'in_progress' : 'not_started',
    values: combineValues(achievement, ours.values, theirs.values, summedStats),
    reportedPercent: Math.max(ours.reportedPercent, theirs.reportedPercent),
    percent: 0,
    unlockTime: unlock?.unlockTime,
    unlockPrecision: unlock?.unlockPrecision,
    firstReportTime: outer(ours.firstReportTime, theirs.firstReportTime, (left, right) => left < right),
    lastReportTime: outer(ours.lastReportTime, theirs.lastReportTime, (left, right) => left > right),
    windowStart: isStarted ? windowOf(achievement)?.start : undefined,
    revoked: ours.revoked || theirs.revoked,
    writer: ours.writer || theirs.writer,
    extensions: { ...theirs.extensions, ...ours.extensions },
  }
  return { ...combined, percent: percentOf(achievement, combined) }
}

/** An unknown time is no earlier than a known one. */
function earlierUnlock(ours: Progress, theirs: Progress): Progress | undefined {
  if (theirs.state !== 'achieved') return ours.state === 'achieved' ? ours : undefined
  if (ours.state !== 'achieved' || ours.unlockTime === undefined) return theirs
  return theirs.unlockTime !== undefined && theirs.unlockTime < ours.unlockTime ? theirs : ours
}

/** Values of requirements that the achievement no longer has count as rising. */
function combineValues(
  achievement: Achievement,
  ours: Progress['values'],
  theirs: Progress['values'],
  summedStats: ReadonlySet<string>,
): Progress['values'] {
  const isWindow = windowOf(achievement) !== undefined
  const combined = new Map(Object.entries(ours))
  for (const [id, value] of Object.entries(theirs)) {
    const own = combined.get(id)
    const { operator, statCode = '' } = achievement.requirements.find((each) => each.id === id) ?? {}
    const difference = own === undefined ? undefined : compareQuantities(value, own)
    const isFurther = difference === undefined || (operator === 'at_most' ? difference < 0 : difference > 0)
    if (own !== undefined && isWindow && operator === 'at_least' && summedStats.has(statCode))
      combined.set(id, withinWire(addQuantities(own, value)))
    else if (isFurther) combined.set(id, value)
  }
  return Object.fromEntries(combined)
}

function outer(
  left: Instant | undefined,
  right: Instant | undefined,
  isOuter: (left: Instant, right: Instant) => boolean,
): Instant | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return isOuter(left, right) ? left : right
}
