import type { Achievement, Requirement } from './achievement.ts'
import { windowOf } from './current-progress.ts'
import { meets } from './percent.ts'
import { type Progress, type Report, valueAt } from './progress.ts'
import { addQuantities, asValueType, compareQuantities, type Quantity, toRational } from './quantity.ts'

/** The integers of the wire. Values beyond them, or beyond the largest double, are clamped. */
const MAX_INTEGER = 2n ** 63n - 1n
const MIN_INTEGER = -(2n ** 63n)

/** Returns the values after a report: each the closest to its target so far. */
export function furthestValues(
  achievement: Achievement,
  values: Progress['values'],
  report: Report,
): Progress['values'] {
  let next = values
  for (const requirement of achievement.requirements) {
    const current = valueAt(values, requirement.id)
    const reported = valueIn(achievement, requirement, report, current)
    if (reported === undefined) continue
    const value = furthest(requirement, current, asValueType(reported, requirement.valueType))
    if (value !== undefined && value !== current) next = { ...next, [requirement.id]: value }
  }
  return report.kind === 'import' ? withUnknown(achievement, next, report.values) : next
}

/**
 * Returns whether the report itself brings a requirement to its target: its value alone where there is one requirement, a further
 * value than before where there are several.
 */
export function reachesTarget(achievement: Achievement, values: Progress['values'], report: Report): boolean {
  if (report.kind === 'add' && compareQuantities(report.quantity, 0n) <= 0) return false
  return achievement.requirements.some((requirement) => {
    const current = valueAt(values, requirement.id)
    const reported = valueIn(achievement, requirement, report, current)
    if (reported === undefined) return false
    const value = asValueType(reported, requirement.valueType)
    const isFurther = furthest(requirement, current, value) !== current
    return meets(requirement, value) && (isFurther || achievement.requirements.length === 1)
  })
}

/** Adds an imported value of an unknown requirement beside the others, at its highest. */
function withUnknown(
  { requirements }: Achievement,
  values: Progress['values'],
  reported: Progress['values'],
): Progress['values'] {
  const entries = Object.entries(reported)
  if (requirements.length === 1 && entries.length === 1) return values
  const known = new Set(requirements.map(({ id }) => id))
  const further = entries.filter(([id, value]) => {
    const current = valueAt(values, id)
    return !known.has(id) && (current === undefined || compareQuantities(value, current) > 0)
  })
  return { ...values, ...Object.fromEntries(further.map(([id, value]) => [id, withinWire(value)])) }
}

/** Returns the requirement of the id; without an id, the first. */
export function requirementOf(achievement: Achievement, id: string | undefined): Requirement | undefined {
  if (id === undefined) return achievement.requirements[0]
  return achievement.requirements.find((requirement) => requirement.id === id)
}

/** Returns the value that a report gives a requirement, if any. */
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
      return requirement.statCode === report.statCode
        ? statValue(achievement, requirement, report, current)
        : undefined
    case 'definition': {
      const { statCode } = requirement
      // A window counts how a stat rises inside it, and the stat's value does not tell.
      if (statCode === undefined || windowOf(achievement) !== undefined) return undefined
      return Object.hasOwn(report.stats, statCode) ? report.stats[statCode] : undefined
    }
    case 'percent':
      // A requirement that follows a stat has the stat's value.
      return requirement.statCode === undefined ? partOf(requirement, report.percent) : undefined
    case 'import':
      return importedValue(achievement, requirement, report)
    case 'unlock':
      return undefined
  }
}

/** Returns a stat's value; in a window, the sum of its rises there or a value that was stated there, if that is further. */
function statValue(
  achievement: Achievement,
  { operator, valueType }: Requirement,
  { quantity, inWindow: { steps, highest, lowest } }: Extract<Report, { readonly kind: 'stat' }>,
  current: Quantity | undefined,
): Quantity | undefined {
  if (windowOf(achievement) === undefined) return quantity
  if (operator === 'at_most') return lowest
  let sum = current ?? asValueType(0n, valueType)
  let hasRisen = false
  for (const { before, after } of steps) {
    const [from, to] = [asValueType(before, valueType), asValueType(after, valueType)]
    if (compareQuantities(to, from) <= 0) continue
    hasRisen = true
    sum = addQuantities(sum, addQuantities(to, -from))
  }
  if (highest !== undefined && (!hasRisen || compareQuantities(highest, sum) > 0)) return highest
  return hasRisen ? sum : undefined
}

/**
 * Returns the value that a document gives a requirement. A document without our requirement ids has a single value under an
 * id of its own; a document without values has a percent, which says nothing of one requirement among several.
 */
function importedValue(
  { requirements }: Achievement,
  requirement: Requirement,
  { values, percent }: Extract<Report, { readonly kind: 'import' }>,
): Quantity | undefined {
  const [only, ...others] = Object.values(values)
  if (only === undefined) return requirements.length === 1 ? partOf(requirement, percent) : undefined
  return valueAt(values, requirement.id) ?? (requirements.length + others.length === 1 ? only : undefined)
}

/** Returns a percent under 100 of a rising requirement's target, rounded down; the exact percent is stored beside it. */
function partOf({ operator, target, valueType }: Requirement, percent: number): Quantity | undefined {
  if (percent <= 0 || percent >= 100 || operator === 'at_most' || compareQuantities(target, 0n) <= 0)
    return undefined
  if (valueType === 'double') return partOfDouble(Number(target), percent)
  return (BigInt(target) * BigInt(percent)) / 100n
}

/** Returns undefined if the double is rounded up, because it would be more than the percent. */
function partOfDouble(target: number, percent: number): number | undefined {
  const part = target * (percent / 100)
  const [exact, whole] = [toRational(part), toRational(target)]
  const tooMuch =
    100n * exact.numerator * whole.denominator > BigInt(percent) * whole.numerator * exact.denominator
  return tooMuch ? undefined : part
}

/** Returns the value that is closer to the target. A rising value starts at zero, so a report of zero is no progress. */
function furthest(
  { operator, target }: Requirement,
  current: Quantity | undefined,
  reported: Quantity,
): Quantity | undefined {
  const bounded = withinWire(reported)
  if (current === undefined) {
    const nothing =
      operator === 'at_least' && compareQuantities(bounded, 0n) <= 0 && compareQuantities(target, 0n) > 0
    return nothing ? undefined : bounded
  }
  const comparison = compareQuantities(bounded, current)
  return (operator === 'at_least' ? comparison > 0 : comparison < 0) ? bounded : current
}

/** Returns the nearest quantity that the wire can hold. */
export function withinWire(quantity: Quantity): Quantity {
  if (typeof quantity === 'number') return Math.min(Math.max(quantity, -Number.MAX_VALUE), Number.MAX_VALUE)
  return quantity > MAX_INTEGER ? MAX_INTEGER : quantity < MIN_INTEGER ? MIN_INTEGER : quantity
}

/** Returns the values with each unmet requirement set to its target. */
export function metValues(achievement: Achievement, values: Progress['values']): Progress['values'] {
  const met = new Map(Object.entries(values))
  for (const requirement of achievement.requirements) {
    if (!meets(requirement, met.get(requirement.id))) met.set(requirement.id, requirement.target)
  }
  return Object.fromEntries(met)
}

export function sameValues(left: Progress['values'], right: Progress['values']): boolean {
  if (left === right) return true
  const entries = Object.entries(right)
  return (
    entries.length === Object.keys(left).length &&
    entries.every(([id, value]) => {
      const other = valueAt(left, id)
      return other !== undefined && compareQuantities(other, value) === 0
    })
  )
}
