import type { ProgressFacts } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { BLANK_PROGRESS } from '../../src/dialect/kit/blank.ts'
import type { Achievement, Requirement } from '../../src/model/achievement.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { percentOf } from '../../src/model/percent.ts'
import type { Progress, ProgressState } from '../../src/model/progress.ts'
import { asValueType, formatQuantity, parseQuantity, type Quantity } from '../../src/model/quantity.ts'
import { readTime, writeTime, ZERO_ID } from './formats.ts'

interface WireRequirement {
  readonly id: string
  readonly current?: string | null | undefined
  readonly target: string
  readonly operationType?: string | null | undefined
  readonly valueType?: string | null | undefined
}

interface WireProgress {
  readonly id: string
  readonly progressState?: string | null | undefined
  readonly progression?:
    | {
        readonly requirements?: readonly WireRequirement[] | null | undefined
        readonly timeUnlocked?: string | null | undefined
      }
    | null
    | undefined
  readonly isRevoked?: boolean | null | undefined
}

const STATES = new Map<unknown, ProgressState>([
  ['Achieved', 'achieved'],
  ['InProgress', 'in_progress'],
])
const STATE_NAMES: Readonly<Record<ProgressState, string>> = {
  achieved: 'Achieved',
  in_progress: 'InProgress',
  not_started: 'NotStarted',
}

/** The requirements that are the developer's own: a title-managed achievement has none. */
export function readRequirements(wire: WireProgress): readonly Requirement[] {
  const list = wire.progression?.requirements ?? []
  if (isTitleManaged(list)) return []
  return list.map((requirement, index) => {
    const path = ['progression', 'requirements', index]
    if (list.findIndex(({ id }) => id === requirement.id) < index) {
      throw new DecodeError([...path, 'id'], `requirement ${requirement.id} stands twice in one achievement`)
    }
    const valueType = isDouble(requirement) ? 'double' : 'integer'
    const target = readQuantity(requirement.target, valueType)
    if (target === undefined) {
      throw new DecodeError(
        [...path, 'target'],
        `expected a number, but found "${requirement.target.slice(0, 60)}"`,
      )
    }
    return { id: requirement.id, statCode: undefined, operator: operatorOf(requirement), target, valueType }
  })
}

/** The state that the document says is trusted, whatever its currents and targets say. */
export function readProgress(wire: WireProgress, requirements: readonly Requirement[]): ProgressFacts {
  const state = STATES.get(wire.progressState) ?? 'not_started'
  const list = wire.progression?.requirements ?? []
  const values = requirements.flatMap(({ id, valueType }, index) => {
    const current = readCurrent(list[index]?.current ?? '', valueType)
    return current === undefined ? [] : [[id, current] as const]
  })
  return {
    ...BLANK_PROGRESS,
    achievementId: wire.id,
    state,
    percent: state === 'achieved' ? 100 : lockedPercentOf(state, list, requirements, values),
    values: Object.fromEntries(values),
    unlockTime: state === 'achieved' ? readTime(wire.progression?.timeUnlocked) : undefined,
    revoked: wire.isRevoked ?? false,
  }
}

function lockedPercentOf(
  state: ProgressState,
  list: readonly WireRequirement[],
  requirements: readonly Requirement[],
  values: readonly (readonly [string, Quantity])[],
): number {
  if (requirements.length === 0) return percentIn(list[0]?.current ?? '')
  // the model looks values up by name: without a prototype, a requirement may be named "constructor"
  const byId: Progress['values'] = Object.assign(Object.create(null), Object.fromEntries(values))
  return percentOf({ requirements }, { state, values: byId, reportedPercent: 0 })
}

export function writeState(progress: ProgressFacts | undefined): string {
  return STATE_NAMES[progress?.state ?? 'not_started']
}

/** Clients tell locked from unlocked by the time or by the state, so that a locked one never has a time. */
export function writeProgression(
  achievement: Pick<Achievement, 'requirements' | 'participation'>,
  progress: ProgressFacts | undefined,
): JsonObject {
  const achieved = progress?.state === 'achieved'
  const ruleParticipationType = achievement.participation === 'individual' ? 'Individual' : 'Group'
  const values = progress?.values ?? {}
  const own = achievement.requirements.map(({ id, operator, target, valueType }) => {
    const current = Object.hasOwn(values, id) ? values[id] : undefined
    return {
      id,
      current: current === undefined ? null : writeQuantity(current),
      target: writeQuantity(target),
      operationType: operator === 'at_least' ? 'Sum' : 'Minimum',
      valueType: valueType === 'double' ? 'Double' : 'Integer',
      ruleParticipationType,
    }
  })
  const titleManaged = {
    id: ZERO_ID,
    current: lockedPercent(progress).toString(),
    target: '100',
    operationType: 'Sum',
    valueType: 'Integer',
    ruleParticipationType,
  }
  return {
    requirements: own.length > 0 || achieved ? own : [titleManaged],
    timeUnlocked: writeTime(achieved ? progress.unlockTime : undefined),
  }
}

/** At most 99 if not achieved: clients take 100 for an unlock. */
export function lockedPercent(progress: ProgressFacts | undefined): number {
  return Math.max(0, Math.min(99, Math.floor(progress?.percent ?? 0)))
}

function isTitleManaged(list: readonly WireRequirement[]): boolean {
  const [only, ...others] = list
  if (only === undefined || others.length > 0) return false
  return only.id === ZERO_ID && only.target === '100' && operatorOf(only) === 'at_least'
}

/** `Sum` and `Maximum` rise to the target; their spelling is kept by the extension. */
function operatorOf({ operationType }: WireRequirement): Requirement['operator'] {
  return operationType?.toLowerCase() === 'minimum' ? 'at_most' : 'at_least'
}

/** `valueType` is missing in the documentation: a target with a fraction is a double then. */
function isDouble({ valueType, target }: WireRequirement): boolean {
  return valueType?.toLowerCase() === 'double' || readQuantity(target, 'integer') === undefined
}

/** A fraction of an integer is cut; the extension keeps it. */
function readCurrent(text: string, valueType: Requirement['valueType']): Quantity | undefined {
  const exact = readQuantity(text, valueType)
  const fraction = exact ?? parseQuantity(text, 'double')
  return fraction === undefined || Math.abs(Number(fraction)) >= 1e18
    ? exact
    : asValueType(fraction, valueType)
}

/** Reads `"08"` and `"8.0"` as 8; undefined for a text that is no number of the type. */
function readQuantity(text: string, valueType: Requirement['valueType']): Quantity | undefined {
  const exact = parseQuantity(text, valueType)
  if (exact !== undefined || valueType === 'double') return exact
  const whole = /^([+-]?\d{1,19})\.0*$/.exec(text)?.[1]
  return whole === undefined ? undefined : BigInt(whole)
}

function writeQuantity(quantity: Quantity): string {
  return Object.is(quantity, -0) ? '-0' : formatQuantity(quantity)
}

function percentIn(current: string): number {
  const whole = /^(\d{1,19})(\.\d*)?$/.exec(current)?.[1] ?? '0'
  return Math.min(99, Number(whole))
}
