import type { Achievement, Requirement } from './achievement.ts'
import type { Instant } from './instant.ts'
import { sameJson } from './json.ts'
import { meets, percentOf } from './percent.ts'
import {
  type Outcome,
  type Progress,
  type Rejection,
  type Report,
  type ReportContext,
  valueAt,
} from './progress.ts'
import { compareQuantities } from './quantity.ts'
import { furthestValues, metValues, requirementOf, sameValues } from './values.ts'

/**
 * Returns the progress after a report. All reports go through this function: values only get closer to their targets, an
 * unlock happens once, and its time never moves.
 */
export function applyReport(
  achievement: Achievement,
  progress: Progress,
  report: Report,
  context: ReportContext,
): Outcome {
  const rejection = reject(achievement, progress, report)
  if (rejection) return rejection
  const alreadyUnlocked = progress.state === 'achieved'
  const reported = furthestValues(achievement, progress.values, report)
  const complete = isComplete(achievement, reported, report)
  const unlockable = report.kind === 'import' || isInsideWindow(achievement, context.time)
  if (complete && !alreadyUnlocked && !unlockable && isDirect(report)) {
    return { kind: 'rejected', why: 'outside_window', detail: 'the challenge unlocks only inside its window' }
  }
  const newlyUnlocked = complete && !alreadyUnlocked && unlockable
  const achieved = alreadyUnlocked || newlyUnlocked
  const values = newlyUnlocked && isDirect(report) ? metValues(achievement, reported) : reported
  // An achieved one has 100 percent, so a reported percent adds nothing.
  const reportedPercent = alreadyUnlocked
    ? progress.reportedPercent
    : Math.max(progress.reportedPercent, percentIn(report))
  const imported = report.kind === 'import' ? report : undefined
  const extensions = imported ? { ...progress.extensions, ...imported.extensions } : progress.extensions
  const started =
    achieved || hasStarted(achievement, values, reportedPercent) || imported?.state === 'in_progress'
  const state = achieved ? 'achieved' : started ? 'in_progress' : progress.state
  // A document may revoke an unlock that it brings; an earlier unlock is revoked by enforcement only.
  const revoked = progress.revoked || (!alreadyUnlocked && imported?.revoked === true)
  const changed =
    state !== progress.state ||
    revoked !== progress.revoked ||
    reportedPercent !== progress.reportedPercent ||
    !sameValues(progress.values, values) ||
    (imported !== undefined && !sameJson(extensions, progress.extensions))
  if (!changed) return { kind: 'recorded', progress, changed, newlyUnlocked, alreadyUnlocked }
  const next: Progress = {
    ...progress,
    state,
    values,
    reportedPercent,
    extensions,
    revoked,
    firstReportTime: progress.firstReportTime ?? context.time,
    lastReportTime: latest(progress.lastReportTime, context.time),
    writer: context.writer,
    ...(newlyUnlocked ? unlockMark(report, context) : {}),
  }
  return {
    kind: 'recorded',
    progress: { ...next, percent: percentOf(achievement, next) },
    changed,
    newlyUnlocked,
    alreadyUnlocked,
  }
}

function reject(achievement: Achievement, progress: Progress, report: Report): Outcome | undefined {
  const rejected = (why: Rejection, detail: string): Outcome => ({ kind: 'rejected', why, detail })
  const followsStat = ({ id, statCode }: Requirement): Outcome => ({
    kind: 'rejected',
    why: 'requirement_follows_stat',
    detail: `requirement ${id} follows stat ${statCode}, and moves with that stat alone: record the stat`,
    metadata: { requirementId: id, statCode: statCode ?? '' },
  })
  if (achievement.participation === 'community') {
    return rejected('community_goal', 'all players earn it together, by the stat that it follows')
  }
  if (speaksOfAll(report) && progress.state !== 'achieved') {
    const unmet = achievement.requirements.find(
      (requirement) =>
        requirement.statCode !== undefined && !meets(requirement, valueAt(progress.values, requirement.id)),
    )
    return unmet && followsStat(unmet)
  }
  if (report.kind !== 'reach' && report.kind !== 'add') return undefined
  const [first, second] = achievement.requirements
  if (first === undefined)
    return rejected('no_requirement', 'it has no requirement: report a percent or unlock it')
  if (report.requirementId === undefined && second !== undefined) {
    const known = achievement.requirements.map(({ id }) => id).join(', ')
    return rejected('requirement_ambiguous', `it has several requirements: name one of ${known}`)
  }
  const requirement = requirementOf(achievement, report.requirementId)
  if (requirement === undefined) {
    return rejected('requirement_unknown', `it has no requirement ${report.requirementId}`)
  }
  if (requirement.statCode !== undefined) return followsStat(requirement)
  if (report.kind === 'add' && requirement.operator === 'at_most') {
    return rejected(
      'requirement_falls',
      `requirement ${requirement.id} falls to its target: report its value`,
    )
  }
  return undefined
}

function isComplete(achievement: Achievement, values: Progress['values'], report: Report): boolean {
  if (report.kind === 'import') return report.state === 'achieved'
  if (isDirect(report)) return true
  const { requirements } = achievement
  return (
    requirements.length > 0 &&
    requirements.every((requirement) => meets(requirement, valueAt(values, requirement.id)))
  )
}

/** Returns whether the report is about the achievement as a whole, each of its requirements included. */
function speaksOfAll(report: Report): boolean {
  return report.kind === 'unlock' || (report.kind === 'percent' && report.percent > 0)
}

/** Returns whether the report itself completes the achievement, whatever the values. */
function isDirect(report: Report): boolean {
  return report.kind === 'unlock' || (report.kind === 'percent' && report.percent >= 100)
}

/** Returns whether the achievement can be unlocked at this time. */
export function isInsideWindow({ kind, window }: Achievement, time: Instant): boolean {
  if (kind !== 'challenge' || window === undefined) return true
  return time >= window.start && time <= window.end
}

function hasStarted(achievement: Achievement, values: Progress['values'], reportedPercent: number): boolean {
  if (reportedPercent > 0) return true
  return achievement.requirements.some(({ id, operator }) => {
    const value = valueAt(values, id)
    return value !== undefined && (operator === 'at_most' || compareQuantities(value, 0n) > 0)
  })
}

function percentIn(report: Report): number {
  return report.kind === 'percent' || report.kind === 'import' ? report.percent : 0
}

function unlockMark(
  report: Report,
  context: ReportContext,
): Pick<Progress, 'unlockTime' | 'unlockPrecision'> {
  if (report.kind !== 'import') return { unlockTime: context.time, unlockPrecision: context.precision }
  const unlockPrecision = report.unlockTime === undefined ? 'unknown' : 'imported'
  return { unlockTime: report.unlockTime, unlockPrecision }
}

function latest(left: Instant | undefined, right: Instant): Instant {
  return left !== undefined && left > right ? left : right
}
