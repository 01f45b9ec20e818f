import {
  type Requirement as RequirementMessage,
  RequirementOperator,
} from '../../gen/laurel/v1/achievement.ts'
import type { Operator, Requirement } from '../../model/achievement.ts'
import { LIMITS } from '../../model/limits.ts'
import { type Choices, readChoice } from './choices.ts'
import { readList } from './collections.ts'
import { readQuantity, writeQuantity } from './numbers.ts'
import { readId, readOptionalId } from './texts.ts'
import type { Violations } from './violations.ts'

const OPERATORS: Choices<RequirementOperator, Operator> = {
  [RequirementOperator.UNSPECIFIED]: 'at_least',
  [RequirementOperator.AT_LEAST]: 'at_least',
  [RequirementOperator.AT_MOST]: 'at_most',
}

const OPERATORS_ON_WIRE: Readonly<Record<Operator, RequirementOperator>> = {
  at_least: RequirementOperator.AT_LEAST,
  at_most: RequirementOperator.AT_MOST,
}

export function readRequirements(
  messages: readonly RequirementMessage[],
  field: string,
  violations: Violations,
): readonly Requirement[] {
  const requirements = readList(messages, LIMITS.requirements, field, violations, readRequirement)
  const seen = new Set<string>()
  for (const [index, { id }] of requirements.entries()) {
    if (seen.has(id)) violations.add(`${field}[${index}].requirement_id`, 'must be unique in its achievement')
    seen.add(id)
  }
  return requirements
}

export function writeRequirement(requirement: Requirement): RequirementMessage {
  return {
    requirementId: requirement.id,
    statCode: requirement.statCode ?? '',
    operator: OPERATORS_ON_WIRE[requirement.operator],
    target: writeQuantity(requirement.target),
  }
}

function readRequirement(message: RequirementMessage, field: string, violations: Violations): Requirement {
  const target = readQuantity(message.target, `${field}.target`, violations)
  const { operator } = message
  return {
    id: readId(message.requirementId, `${field}.requirement_id`, violations),
    statCode: readOptionalId(message.statCode, `${field}.stat_code`, violations),
    operator: readChoice(operator, OPERATORS, RequirementOperator, `${field}.operator`, violations),
    target,
    valueType: typeof target === 'bigint' ? 'integer' : 'double',
  }
}
