import type { Achievement, Requirement } from './achievement.ts'
import { type Progress, valueAt } from './progress.ts'
import { compareQuantities, type Quantity, type Rational, toRational } from './quantity.ts'

/** Returns floor(100 x done): 100 only if achieved, and never less than a reported percent. */
export function percentOf(
  achievement: Pick<Achievement, 'requirements'>,
  progress: Pick<Progress, 'state' | 'values' | 'reportedPercent'>,
): number {
  if (progress.state === 'achieved') return 100
  return Math.min(99, Math.max(progress.reportedPercent, percentOfValues(achievement, progress.values)))
}

export function meets(requirement: Requirement, value: Quantity | undefined): boolean {
  if (value === undefined) return false
  const comparison = compareQuantities(value, requirement.target)
  return requirement.operator === 'at_least' ? comparison >= 0 : comparison <= 0
}

/** Returns the mean of the requirements, in whole percent, rounded down. */
function percentOfValues(
  { requirements }: Pick<Achievement, 'requirements'>,
  values: Progress['values'],
): number {
  if (requirements.length === 0) return 0
  let sum: Rational = { numerator: 0n, denominator: 1n }
  for (const requirement of requirements) {
    const part = doneOf(requirement, valueAt(values, requirement.id))
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
