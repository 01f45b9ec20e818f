import type { BridgeChange } from '../../../src/dialect/bridge.ts'
import { pathStep } from '../../../src/dialect/kit/plan.ts'
import type { Requirement } from '../../../src/model/achievement.ts'
import { valueAt } from '../../../src/model/progress.ts'
import { compareQuantities, type Quantity } from '../../../src/model/quantity.ts'

/** The call that reports a change. */
export interface EventCall {
  /** `values`: the statistics say it all; `unlock`: an unlock says it, once the statistics have `values`. */
  readonly kind: 'reset' | 'values' | 'unlock'
  /** The least values of statistics, by their codes. */
  readonly values: ReadonlyMap<string, Quantity>
}

/** The code by which AccelByte knows an achievement is Laurel's own. */
export function codeOf({ achievement }: BridgeChange): string {
  return achievement.id
}

const NOTHING: EventCall['values'] = new Map()

/** Returns the call that reports a change, or why none can. Depends on the change alone. */
export function eventCallOf(change: BridgeChange): EventCall | string {
  const { event, achievement } = change
  if (achievement.participation === 'community') {
    return 'the achievement is global there: only what all players do moves it'
  }
  if (event.kind === 'reset') {
    const hasPath = pathStep(codeOf(change)) !== undefined
    return hasPath ? { kind: 'reset', values: NOTHING } : 'its code cannot stand in a path'
  }
  const followed = achievement.requirements.filter(isRising)
  if (event.kind === 'unlocked') {
    const values = highest(followed, (requirement) => metValue(change, requirement))
    // AccelByte unlocks a single goal that follows a statistic by itself, and refuses every other unlock of it.
    const isIncremental = achievement.requirements.length === 1 && followed.length === 1
    return { kind: isIncremental ? 'values' : 'unlock', values }
  }
  if (followed.length === 0) return 'it follows no rising statistic, so that it is locked there or unlocked'
  const values = highest(followed, (requirement) => valueReached(change, requirement))
  if (values.size === 0) return 'it is known in percent alone, and a statistic has a value'
  return { kind: 'values', values }
}

/** A value that falls to its target is no goal there: the least of nothing would already be under it. */
function isRising({ statCode, operator }: Requirement): boolean {
  return statCode !== undefined && operator === 'at_least'
}

function valueReached({ progress }: BridgeChange, { id }: Requirement): Quantity | undefined {
  return valueAt(progress.values, id)
}

/** At least the target: an unlock by a call, or on another platform, may come before the count reaches it. */
function metValue(change: BridgeChange, requirement: Requirement): Quantity {
  return larger(valueReached(change, requirement), requirement.target)
}

/** By stat, the highest value that its requirements need. */
function highest(
  requirements: readonly Requirement[],
  valueFor: (requirement: Requirement) => Quantity | undefined,
): EventCall['values'] {
  const values = new Map<string, Quantity>()
  for (const requirement of requirements) {
    const { statCode = '' } = requirement
    const value = valueFor(requirement)
    if (value !== undefined) values.set(statCode, larger(values.get(statCode), value))
  }
  return values
}

export function larger(left: Quantity | undefined, right: Quantity): Quantity {
  return left !== undefined && compareQuantities(left, right) > 0 ? left : right
}
