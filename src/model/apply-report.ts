import type { Achievement, Requirement } from './achievement.ts'
import { currentProgress, isInsideWindow, windowOf } from './current-progress.ts'
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
import { furthestValues, metValues, reachesTarget, requirementOf, sameValues } from './values.ts'

/**
 * Returns the progress after a report. All reports go through this function: values only get closer to their targets, an
 * unlock happens once, and its time never moves. A challenge ignores what happened outside its window. Stats move only live
 * achievements, and other reports on drafts and on locked retired achievements are rejected.
 */
export function applyReport(
  achievement: Achievement,
  stored: Progress,
  report: Report,
  context: ReportContext,
): Outcome {
  const current = currentProgress(achievement, stored)
  const isOpen = isOpenTo(achievement, current, report)
  const afterReset = withoutReset(achievement, current, report)
  const progress = isOpen ? withStats(achievement, afterReset, context.stats) : afterReset
  const rejection = isOpen ? reject(achievement, progress, report) : rejectClosed(achievement, report)
  if (rejection) return rejection
  const alreadyUnlocked = progress.state === 'achieved'
  if (!counts(achievement, report, context.time)) {
    if (alreadyUnlocked || !completes(report)) return unchanged(achievement, progress)
    return {
      kind: 'rejected',
      reason: 'OUTSIDE_WINDOW',
      detail: 'the challenge unlocks only inside its window',
    }
  }
  const reported = isOpen ? furthestValues(achievement, progress.values, report) : progress.values
  // A change of the definition can have met all targets already. Then only its back-fill unlocks, or a report that reaches one.
  const mayUnlock =
    isOpen &&
    (completes(report) ||
      report.kind === 'definition' ||
      !areMet(achievement, progress.values) ||
      reachesTarget(achievement, progress.values, report))
  const newlyUnlocked = !alreadyUnlocked && mayUnlock && isComplete(achievement, reported, report)
  const achieved = alreadyUnlocked || newlyUnlocked
  const values = newlyUnlocked && completes(report) ? metValues(achievement, reported) : reported
  // Achieved progress has 100 percent, so a reported percent adds nothing.
  const reportedPercent = alreadyUnlocked
    ? progress.reportedPercent
    : Math.max(progress.reportedPercent, reportedPercentOf(report))
  const imported = report.kind === 'import' ? report : undefined
  const extensions = imported ? { ...progress.extensions, ...imported.extensions } : progress.extensions
  // A document's own state counts: it may have a value, or a percent, and still say that nothing was started.
  const started =
    achieved ||
    (imported ? imported.state === 'in_progress' : hasStarted(achievement, values, reportedPercent))
  const state = achieved ? 'achieved' : started ? 'in_progress' : progress.state
  // A document may revoke an unlock that it brings; an earlier unlock is revoked by enforcement only.
  const revoked = progress.revoked || (!alreadyUnlocked && imported?.revoked === true)
  const changed =
    (report.kind === 'definition' && progress !== current) ||
    state !== progress.state ||
    revoked !== progress.revoked ||
    reportedPercent !== progress.reportedPercent ||
    !sameValues(progress.values, values) ||
    (imported !== undefined && !sameJson(extensions, progress.extensions))
  if (!changed) return unchanged(achievement, progress)
  const next: Progress = {
    ...progress,
    state,
    values,
    reportedPercent,
    extensions,
    revoked,
    firstReportTime: progress.firstReportTime ?? context.time,
    lastReportTime: latest(progress.lastReportTime, context.time),
    windowStart: windowOf(achievement)?.start,
    writer: context.actor,
    ...(newlyUnlocked ? unlockFields(report, context) : {}),
  }
  return {
    kind: 'recorded',
    progress: { ...next, percent: percentOf(achievement, next) },
    missing: missingOf(achievement, next),
    changed,
    newlyUnlocked,
    alreadyUnlocked,
  }
}

/** Returns whether a report from this time counts. A document states the platform's own count, and a back-fill counts nothing new. */
function counts(achievement: Achievement, report: Report, time: Instant): boolean {
  return report.kind === 'import' || report.kind === 'definition' || isInsideWindow(achievement, time)
}

function unchanged(achievement: Achievement, progress: Progress): Outcome {
  return {
    kind: 'recorded',
    progress,
    missing: missingOf(achievement, progress),
    changed: false,
    newlyUnlocked: false,
    alreadyUnlocked: progress.state === 'achieved',
  }
}

function missingOf({ requirements }: Achievement, { state, values }: Progress): readonly string[] {
  if (state === 'achieved') return []
  return requirements
    .filter((requirement) => !meets(requirement, valueAt(values, requirement.id)))
    .map(({ id }) => id)
}

function withoutReset(achievement: Achievement, progress: Progress, report: Report): Progress {
  const reset = report.kind === 'definition' ? (report.reset ?? []) : []
  const isReset = reset.some((id) => valueAt(progress.values, id) !== undefined)
  if (progress.state === 'achieved' || !isReset) return progress
  const remaining = Object.entries(progress.values).filter(([id]) => !reset.includes(id))
  const values = Object.fromEntries(remaining)
  const isStarted = hasStarted(achievement, values, progress.reportedPercent)
  return { ...progress, values, state: isStarted ? 'in_progress' : 'not_started' }
}

/** A stat may have reached its value before the achievement followed it. */
function withStats(achievement: Achievement, progress: Progress, stats: ReportContext['stats']): Progress {
  if (stats === undefined || progress.state === 'achieved') return progress
  const values = furthestValues(achievement, progress.values, { kind: 'definition', stats })
  return values === progress.values ? progress : { ...progress, values }
}

/**
 * Returns whether the report may move this progress. A retired achievement still takes the history of another platform, and
 * an unlocked one takes reports as always, because they unlock nothing.
 */
function isOpenTo({ lifecycle }: Achievement, { state }: Progress, { kind }: Report): boolean {
  if (lifecycle === 'retired') return kind === 'import' || state === 'achieved'
  return lifecycle === 'live'
}

/**
 * Returns the rejection of a report that may not move this achievement. A stat, or a change of the definition, is no report on it
 * by the caller: it moves nothing, and is not rejected.
 */
function rejectClosed({ lifecycle }: Achievement, { kind }: Report): Outcome | undefined {
  if (kind === 'stat' || kind === 'definition') return undefined
  const detail =
    lifecycle === 'draft'
      ? 'it is a draft: set its lifecycle to live before the first report'
      : 'it is retired, and unlocks only for players who have unlocked it before'
  return { kind: 'rejected', reason: 'NOT_LIVE', detail, metadata: { lifecycle } }
}

function reject(achievement: Achievement, progress: Progress, report: Report): Outcome | undefined {
  const rejected = (reason: Rejection, detail: string): Outcome => ({ kind: 'rejected', reason, detail })
  const followsStat = ({ id, statCode }: Requirement): Outcome => ({
    kind: 'rejected',
    reason: 'REQUIREMENT_FOLLOWS_STAT',
    detail: `requirement ${id} follows stat ${statCode}, and moves with that stat alone: record the stat`,
    metadata: { requirementId: id, statCode: statCode ?? '' },
  })
  if (achievement.participation === 'community' && progress.state !== 'achieved') {
    return rejected('COMMUNITY_GOAL', 'all players earn it together, by the stat that it follows')
  }
  if (concernsAllRequirements(report) && progress.state !== 'achieved') {
    const unmet = achievement.requirements.find(
      (requirement) =>
        requirement.statCode !== undefined && !meets(requirement, valueAt(progress.values, requirement.id)),
    )
    return unmet && followsStat(unmet)
  }
  if (report.kind !== 'reach' && report.kind !== 'add') return undefined
  const [first, second] = achievement.requirements
  if (first === undefined)
    return rejected('NO_REQUIREMENT', 'it has no requirement: report a percent or unlock it')
  if (report.requirementId === undefined && second !== undefined) {
    const known = achievement.requirements.map(({ id }) => id).join(', ')
    return rejected('REQUIREMENT_AMBIGUOUS', `it has several requirements: name one of ${known}`)
  }
  const requirement = requirementOf(achievement, report.requirementId)
  if (requirement === undefined) {
    return rejected('REQUIREMENT_UNKNOWN', `it has no requirement ${report.requirementId}`)
  }
  if (requirement.statCode !== undefined) return followsStat(requirement)
  if (report.kind === 'add' && requirement.operator === 'at_most') {
    return rejected(
      'REQUIREMENT_FALLS',
      `requirement ${requirement.id} falls to its target: report its value`,
    )
  }
  return undefined
}

function isComplete(achievement: Achievement, values: Progress['values'], report: Report): boolean {
  if (report.kind === 'import') return report.state === 'achieved'
  return completes(report) || areMet(achievement, values)
}

/** Returns whether the values meet all requirements; false for an achievement without any. */
function areMet({ requirements }: Achievement, values: Progress['values']): boolean {
  return (
    requirements.length > 0 &&
    requirements.every((requirement) => meets(requirement, valueAt(values, requirement.id)))
  )
}

/** Returns whether the report is about the achievement as a whole, each of its requirements included. */
function concernsAllRequirements(report: Report): boolean {
  return report.kind === 'unlock' || (report.kind === 'percent' && report.percent > 0)
}

/** Returns whether the report itself completes the achievement, whatever the values. */
function completes(report: Report): boolean {
  return report.kind === 'unlock' || (report.kind === 'percent' && report.percent >= 100)
}

function hasStarted(achievement: Achievement, values: Progress['values'], reportedPercent: number): boolean {
  if (reportedPercent > 0) return true
  return achievement.requirements.some(({ id, operator }) => {
    const value = valueAt(values, id)
    return value !== undefined && (operator === 'at_most' || compareQuantities(value, 0n) > 0)
  })
}

function reportedPercentOf(report: Report): number {
  return report.kind === 'percent' || report.kind === 'import' ? report.percent : 0
}

function unlockFields(
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
