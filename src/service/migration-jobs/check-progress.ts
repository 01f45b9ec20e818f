import { LIMITS } from '../../model/limits.ts'
import type { Progress } from '../../model/progress.ts'
import { isLongerThan } from '../../model/text-length.ts'

/** Returns why no player can have the progress, which another Laurel is said to have exported; undefined if one can. */
export function problemOf(progress: Progress): string | undefined {
  const { state, percent, unlockTime, unlockPrecision, revoked, values, writer } = progress
  const isAchieved = state === 'achieved'
  if (!isAchieved && (unlockTime !== undefined || unlockPrecision !== undefined))
    return 'progress.unlockTime: must be missing, with its precision, unless the state is achieved'
  if (
    isAchieved &&
    (unlockPrecision === undefined || (unlockPrecision === 'unknown') !== (unlockTime === undefined))
  )
    return 'progress.unlockPrecision: must be unknown for an unlock without a time, and else one of exact, reported, imported'
  if (isAchieved !== (percent === 100))
    return 'progress.percent: must be 100 if the state is achieved, and less otherwise'
  if (!isAchieved && revoked) return 'progress.revoked: must be false unless the state is achieved'
  const ids = Object.keys(values)
  if (ids.length > LIMITS.requirements)
    return `progress.values: must have at most ${LIMITS.requirements} members`
  if (ids.some((id) => id === '' || isLongerThan(id, LIMITS.id)))
    return `progress.values: must have ids of 1 to ${LIMITS.id} characters`
  if (isLongerThan(writer, LIMITS.text)) return `progress.writer: must have at most ${LIMITS.text} characters`
  return undefined
}
