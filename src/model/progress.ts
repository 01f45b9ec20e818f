import type { Achievement, Requirement } from './achievement.ts'
import type { Instant } from './instant.ts'
import { sameJson } from './json.ts'
import {
  addQuantities,
  asValueType,
  compareQuantities,
  type Quantity,
  type Rational,
  toRational,
} from './quantity.ts'
import type { Extensions } from './title.ts'

export type ProgressState = 'not_started' | 'in_progress' | 'achieved'

/**
 * How well an unlock time is known: `exact`, Laurel's own clock; `reported`, stated by a trusted caller;
 * `imported`, from another platform's document; `unknown`, unlocked at a time that nobody said.
 */
export type UnlockPrecision = 'exact' | 'reported' | 'imported' | 'unknown'

/** One player's standing on one achievement. */
export interface Progress {
  readonly state: ProgressState
  /** Current value by requirement id; a requirement without a report is absent. */
  readonly values: Readonly<Record<string, Quantity>>
  /** The highest percent that was reported as a percent: it reads back as itself whatever the target. */
  readonly reportedPercent: number
  /** floor(100 x done), 100 only when achieved. */
  readonly percent: number
  /** Set once, on the unlock, and never moved. Undefined until then, and when the precision is `unknown`. */
  readonly unlockTime: Instant | undefined
  readonly unlockPrecision: UnlockPrecision | undefined
  readonly firstReportTime: Instant | undefined
  readonly lastReportTime: Instant | undefined
  /** Taken back by enforcement, beside the state: a restore brings it back as it was. */
  readonly revoked: boolean
  /** Who wrote it last. */
  readonly writer: string
  readonly extensions: Extensions
}

export const NOT_STARTED: Progress = {
  state: 'not_started',
  values: {},
  reportedPercent: 0,
  percent: 0,
  unlockTime: undefined,
  unlockPrecision: undefined,
  firstReportTime: undefined,
  lastReportTime: undefined,
  revoked: false,
  writer: '',
  extensions: {},
}

/** What a caller says about one achievement of one player. */
export type Report =
  /** The value of a requirement got as far as `quantity`; the id may be left out where there is only one. */
  | { readonly kind: 'reach'; readonly requirementId: string | undefined; readonly quantity: Quantity }
  | { readonly kind: 'add'; readonly requirementId: string | undefined; readonly quantity: Quantity }
  /** The whole achievement is this far, 0 to 100. */
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'unlock' }
  /** A stat has a new value; moves each requirement that follows it. */
  | { readonly kind: 'stat'; readonly statCode: string; readonly quantity: Quantity }
  /** What another platform's document says, its own verdict on the state included. */
  | {
      readonly kind: 'import'
      readonly state: ProgressState
      readonly percent: number
      readonly values: Readonly<Record<string, Quantity>>
      readonly unlockTime: Instant | undefined
      readonly revoked: boolean
      readonly extensions: Extensions
    }

/** When a report happened, and who says so. */
export interface ReportContext {
  readonly time: Instant
  /** Whether `time` is Laurel's own clock or the caller's word. */
  readonly precision: 'exact' | 'reported'
  readonly writer: string
}

export type Rejection =
  | 'requirement_unknown'
  | 'requirement_ambiguous'
  | 'requirement_follows_stat'
  | 'requirement_falls'
  | 'no_requirement'
  | 'outside_window'

export type Outcome =
  | { readonly kind: 'rejected'; readonly why: Rejection; readonly detail: string }
  | {
      readonly kind: 'recorded'
      readonly progress: Progress
      /** False when the report was lower than or equal to what is known. */
      readonly changed: boolean
      readonly newlyUnlocked: boolean
      readonly alreadyUnlocked: boolean
    }

/** The largest integer that the wire can carry: sums stop here. */
const MAX_INTEGER = 2n ** 63n - 1n

/**
 * The one rule by which progress moves: what `report` makes of `progress` on `achievement`.
 * Values only get further, an unlock happens once, and its time never moves.
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
  const reportedPercent = Math.max(progress.reportedPercent, percentIn(report))
  const imported = report.kind === 'import' ? report : undefined
  const extensions = imported ? { ...progress.extensions, ...imported.extensions } : progress.extensions
  const started =
    achieved || hasStarted(achievement, values, reportedPercent) || imported?.state === 'in_progress'
  const state = achieved ? 'achieved' : started ? 'in_progress' : progress.state
  const changed =
    state !== progress.state ||
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
    revoked: progress.revoked || (newlyUnlocked && imported?.revoked === true),
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

/** floor(100 x done): 100 only when achieved, and never under a percent that was reported as one. */
export function percentOf(
  achievement: Pick<Achievement, 'requirements'>,
  progress: Pick<Progress, 'state' | 'values' | 'reportedPercent'>,
): number {
  if (progress.state === 'achieved') return 100
  return Math.min(99, Math.max(progress.reportedPercent, percentOfValues(achievement, progress.values)))
}

/** Whether a value meets a requirement. */
export function meets(requirement: Requirement, value: Quantity | undefined): boolean {
  if (value === undefined) return false
  const comparison = compareQuantities(value, requirement.target)
  return requirement.operator === 'at_least' ? comparison >= 0 : comparison <= 0
}

/** The mean of how far each requirement is, in whole percent, cut. */
function percentOfValues(
  { requirements }: Pick<Achievement, 'requirements'>,
  values: Progress['values'],
): number {
  if (requirements.length === 0) return 0
  let sum: Rational = { numerator: 0n, denominator: 1n }
  for (const requirement of requirements) {
    const part = doneOf(requirement, values[requirement.id])
    sum = {
      numerator: sum.numerator * part.denominator + part.numerator * sum.denominator,
      denominator: sum.denominator * part.denominator,
    }
  }
  return Number((100n * sum.numerator) / (sum.denominator * BigInt(requirements.length)))
}

function doneOf(requirement: Requirement, value: Quantity | undefined): Rational {
  if (meets(requirement, value)) return { numerator: 1n, denominator: 1n }
  if (value === undefined) return { numerator: 0n, denominator: 1n }
  const [current, target] = [toRational(value), toRational(requirement.target)]
  const [part, whole] = requirement.operator === 'at_least' ? [current, target] : [target, current]
  if (part.numerator <= 0n || whole.numerator <= 0n) return { numerator: 0n, denominator: 1n }
  return {
    numerator: part.numerator * whole.denominator,
    denominator: part.denominator * whole.numerator,
  }
}

function reject(achievement: Achievement, progress: Progress, report: Report): Outcome | undefined {
  const rejected = (why: Rejection, detail: string): Outcome => ({ kind: 'rejected', why, detail })
  if (report.kind === 'unlock' && progress.state !== 'achieved') {
    const waiting = achievement.requirements.find(
      (requirement) =>
        requirement.statCode !== undefined && !meets(requirement, progress.values[requirement.id]),
    )
    if (waiting === undefined) return undefined
    return rejected('requirement_follows_stat', `requirement ${waiting.id} follows stat ${waiting.statCode}`)
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
  if (report.kind === 'add' && requirement.operator === 'at_most') {
    return rejected(
      'requirement_falls',
      `requirement ${requirement.id} falls to its target: report its value`,
    )
  }
  return undefined
}

function requirementOf(achievement: Achievement, id: string | undefined): Requirement | undefined {
  if (id === undefined) return achievement.requirements[0]
  return achievement.requirements.find((requirement) => requirement.id === id)
}

function furthestValues(
  achievement: Achievement,
  values: Progress['values'],
  report: Report,
): Progress['values'] {
  const next: Record<string, Quantity> = { ...values }
  for (const requirement of achievement.requirements) {
    const reported = valueIn(achievement, requirement, report, values[requirement.id])
    if (reported === undefined) continue
    const value = furthest(requirement, values[requirement.id], asValueType(reported, requirement.valueType))
    if (value !== undefined) next[requirement.id] = value
  }
  return next
}

/** The value that a report gives one requirement, if it speaks of it. */
function valueIn(
  achievement: Achievement,
  requirement: Requirement,
  report: Report,
  current: Quantity | undefined,
): Quantity | undefined {
  switch (report.kind) {
    case 'reach':
      return requirementOf(achievement, report.requirementId) === requirement ? report.quantity : undefined
    case 'add': {
      if (requirementOf(achievement, report.requirementId) !== requirement) return undefined
      return addQuantities(
        current ?? asValueType(0n, requirement.valueType),
        asValueType(report.quantity, requirement.valueType),
      )
    }
    case 'stat':
      return requirement.statCode === report.statCode ? report.quantity : undefined
    case 'percent':
      return partOf(requirement, report.percent)
    case 'import':
      return importedValue(achievement, requirement, report.values) ?? partOf(requirement, report.percent)
    case 'unlock':
      return undefined
  }
}

/** A document that does not know requirement ids names the only one by the empty id. */
function importedValue(
  { requirements }: Achievement,
  requirement: Requirement,
  values: Progress['values'],
): Quantity | undefined {
  if (values[requirement.id] !== undefined || requirements.length > 1) return values[requirement.id]
  const [only, ...others] = Object.values(values)
  return others.length === 0 ? only : undefined
}

/** What a percent under 100 is of a rising requirement's target, cut; the exact percent is kept beside it. */
function partOf({ operator, target, valueType }: Requirement, percent: number): Quantity | undefined {
  if (percent <= 0 || percent >= 100 || operator === 'at_most' || compareQuantities(target, 0n) <= 0)
    return undefined
  if (valueType === 'double') return (Number(target) * percent) / 100
  return (BigInt(target) * BigInt(percent)) / 100n
}

/** The further of two values; a rising one starts at nothing, so that zero of something is no report. */
function furthest(
  { operator, target }: Requirement,
  current: Quantity | undefined,
  reported: Quantity,
): Quantity | undefined {
  const bounded = typeof reported === 'bigint' && reported > MAX_INTEGER ? MAX_INTEGER : reported
  if (current === undefined) {
    const nothing =
      operator === 'at_least' && compareQuantities(bounded, 0n) <= 0 && compareQuantities(target, 0n) > 0
    return nothing ? undefined : bounded
  }
  const comparison = compareQuantities(bounded, current)
  return (operator === 'at_least' ? comparison > 0 : comparison < 0) ? bounded : current
}

function metValues(achievement: Achievement, values: Progress['values']): Progress['values'] {
  const met: Record<string, Quantity> = { ...values }
  for (const requirement of achievement.requirements) {
    if (!meets(requirement, met[requirement.id])) met[requirement.id] = requirement.target
  }
  return met
}

function isComplete(achievement: Achievement, values: Progress['values'], report: Report): boolean {
  if (report.kind === 'import') return report.state === 'achieved'
  if (isDirect(report)) return true
  const { requirements } = achievement
  return (
    requirements.length > 0 && requirements.every((requirement) => meets(requirement, values[requirement.id]))
  )
}

/** Whether the report itself says that everything is done. */
function isDirect(report: Report): boolean {
  return report.kind === 'unlock' || (report.kind === 'percent' && report.percent >= 100)
}

function isInsideWindow({ kind, window }: Achievement, time: Instant): boolean {
  if (kind !== 'challenge' || window === undefined) return true
  return time >= window.start && time <= window.end
}

function hasStarted(achievement: Achievement, values: Progress['values'], reportedPercent: number): boolean {
  if (reportedPercent > 0) return true
  return achievement.requirements.some(({ id, operator }) => {
    const value = values[id]
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

function sameValues(left: Progress['values'], right: Progress['values']): boolean {
  const ids = Object.keys(right)
  return (
    ids.length === Object.keys(left).length &&
    ids.every((id) => left[id] !== undefined && compareQuantities(left[id], right[id] as Quantity) === 0)
  )
}
