import type { Achievement } from './achievement.ts'
import type { Instant } from './instant.ts'
import { percentOf } from './percent.ts'
import { NOT_STARTED, type Progress } from './progress.ts'

/** Returns whether the achievement counts what happened at this time. */
export function isInsideWindow(achievement: WithWindow, time: Instant): boolean {
  const window = windowOf(achievement)
  return window === undefined || (time >= window.start && time <= window.end)
}

type WithWindow = Pick<Achievement, 'kind' | 'window'>

export function windowOf({ kind, window }: WithWindow): Achievement['window'] {
  return kind === 'challenge' ? window : undefined
}

/**
 * Returns stored progress as the definition is now: the percent is of the current targets, and in a window the values from
 * another one do not count. An unlocked achievement stays unlocked.
 */
export function currentProgress(
  achievement: WithWindow & Pick<Achievement, 'requirements'>,
  stored: Progress,
): Progress {
  if (stored.state === 'achieved' || stored === NOT_STARTED) return stored
  const start = windowOf(achievement)?.start
  if (start !== undefined && stored.windowStart !== start)
    return { ...NOT_STARTED, extensions: stored.extensions }
  const percent = percentOf(achievement, stored)
  return percent === stored.percent ? stored : { ...stored, percent }
}
