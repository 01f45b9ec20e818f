import type { RequirementJson } from '../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type {
  PlayerAchievementJson,
  ProgressJson,
  UnlockPrecisionJson,
} from '../../clients/typescript/gen/laurel/v1/progress_pb.js'
import type { QuantityJson } from '../../clients/typescript/gen/laurel/v1/quantity_pb.js'
import { formatNumber } from '../parts/format.ts'

/** The states of a player's progress, by their names for people. A revoked unlock is a state of its own here. */
export const PROGRESS_STATES = {
  unlocked: 'Unlocked',
  in_progress: 'In progress',
  locked: 'Locked',
  revoked: 'Revoked',
} as const

export type ProgressStateName = keyof typeof PROGRESS_STATES

export function progressStateOf({ state, revoked }: ProgressJson = {}): ProgressStateName {
  if (revoked) return 'revoked'
  if (state === 'PROGRESS_STATE_ACHIEVED') return 'unlocked'
  return state === 'PROGRESS_STATE_IN_PROGRESS' ? 'in_progress' : 'locked'
}

/** The precisions of unlock times other than that of the server's own clock. */
export const PRECISIONS: Partial<Record<UnlockPrecisionJson, string>> = {
  UNLOCK_PRECISION_REPORTED: 'reported',
  UNLOCK_PRECISION_IMPORTED: 'imported',
  UNLOCK_PRECISION_UNKNOWN: 'time unknown',
}

/** Returns the values of the requirements as one line: `64 / 100`, or how many of several are met. */
export function valuesOf({ achievement = {}, progress = {} }: PlayerAchievementJson): string {
  const { requirements = [] } = achievement
  const currentOf = ({ requirementId }: RequirementJson) =>
    numberOf(progress.requirements?.find((each) => each.requirementId === requirementId)?.current)
  const [only, second] = requirements
  if (only === undefined) return ''
  if (second === undefined) return `${format(currentOf(only))} / ${format(numberOf(only.target))}`
  const met = requirements.filter((requirement) => isMet(requirement, currentOf(requirement)))
  return `${met.length} of ${requirements.length} requirements`
}

function isMet({ operator, target }: RequirementJson, current: number | bigint | undefined): boolean {
  const goal = numberOf(target)
  if (current === undefined || goal === undefined) return false
  return operator === 'REQUIREMENT_OPERATOR_AT_MOST' ? current <= goal : current >= goal
}

function numberOf({ integer, double }: QuantityJson = {}): number | bigint | undefined {
  if (integer !== undefined) return BigInt(integer)
  return double === undefined ? undefined : Number(double)
}

function format(value: number | bigint | undefined): string {
  return value === undefined ? '–' : formatNumber(value)
}
