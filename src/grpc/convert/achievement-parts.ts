import {
  type MediaAsset as MediaAssetMessage,
  MediaRole as MediaRoleOnWire,
  type Requirement as RequirementMessage,
  RequirementOperator,
  RewardKind as RewardKindOnWire,
  type Reward as RewardMessage,
} from '../../gen/laurel/v1/achievement.ts'
import type { LocalizedText as LocalizedTextMessage } from '../../gen/laurel/v1/localized_text.ts'
import {
  type MediaAsset,
  type MediaRole,
  type Operator,
  type Requirement,
  type Reward,
  type RewardKind,
  rewardValueProblem,
} from '../../model/achievement.ts'
import { LIMITS } from '../../model/limits.ts'
import type { LocalizedText } from '../../model/localized-text.ts'
import { readList, readMap } from './collections.ts'
import {
  type Choices,
  readChoice,
  readId,
  readLocale,
  readOptionalId,
  readOptionalText,
  readQuantity,
  readText,
  writeQuantity,
} from './scalars.ts'
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

const REWARD_KINDS: Choices<RewardKindOnWire, RewardKind> = {
  [RewardKindOnWire.UNSPECIFIED]: undefined,
  [RewardKindOnWire.GAMERSCORE]: 'gamerscore',
  [RewardKindOnWire.IN_APP]: 'in_app',
  [RewardKindOnWire.ART]: 'art',
}

const REWARD_KINDS_ON_WIRE: Readonly<Record<RewardKind, RewardKindOnWire>> = {
  gamerscore: RewardKindOnWire.GAMERSCORE,
  in_app: RewardKindOnWire.IN_APP,
  art: RewardKindOnWire.ART,
}

const MEDIA_ROLES: Choices<MediaRoleOnWire, MediaRole> = {
  [MediaRoleOnWire.UNSPECIFIED]: undefined,
  [MediaRoleOnWire.ICON]: 'icon',
  [MediaRoleOnWire.LOCKED_ICON]: 'locked_icon',
  [MediaRoleOnWire.UNLOCKED_ICON]: 'unlocked_icon',
  [MediaRoleOnWire.ART]: 'art',
  [MediaRoleOnWire.OTHER]: 'other',
}

const MEDIA_ROLES_ON_WIRE: Readonly<Record<MediaRole, MediaRoleOnWire>> = {
  icon: MediaRoleOnWire.ICON,
  locked_icon: MediaRoleOnWire.LOCKED_ICON,
  unlocked_icon: MediaRoleOnWire.UNLOCKED_ICON,
  art: MediaRoleOnWire.ART,
  other: MediaRoleOnWire.OTHER,
}

export function readReward(message: RewardMessage, field: string, violations: Violations): Reward {
  const { media } = message
  const kind = readChoice(message.kind, REWARD_KINDS, RewardKindOnWire, `${field}.kind`, violations)
  const value = readText(message.value, `${field}.value`, violations)
  const problem = rewardValueProblem({ kind, value })
  if (problem !== undefined) violations.add(`${field}.value`, problem)
  return {
    kind,
    value,
    name: readOptionalText(message.name, `${field}.name`, violations),
    description: readOptionalText(message.description, `${field}.description`, violations),
    media: media === undefined ? undefined : readMediaAsset(media, `${field}.media`, violations),
  }
}

export function writeReward({ kind, value, name, description, media }: Reward): RewardMessage {
  return {
    kind: REWARD_KINDS_ON_WIRE[kind],
    value,
    name,
    description,
    media: media === undefined ? undefined : writeMediaAsset(media),
  }
}

export function readMediaAsset(
  message: MediaAssetMessage,
  field: string,
  violations: Violations,
): MediaAsset {
  return {
    role: readChoice(message.role, MEDIA_ROLES, MediaRoleOnWire, `${field}.role`, violations),
    name: readText(message.name, `${field}.name`, violations),
    url: readText(message.url, `${field}.url`, violations),
  }
}

export function writeMediaAsset({ role, name, url }: MediaAsset): MediaAssetMessage {
  return { role: MEDIA_ROLES_ON_WIRE[role], name, url }
}

/** Reads a text. An absent locale stays empty: the service fills it in with the title's default. */
export function readLocalizedText(
  message: LocalizedTextMessage,
  field: string,
  violations: Violations,
): LocalizedText {
  for (const tag of message.translations.keys()) readLocale(tag, `${field}.translations`, violations)
  return {
    locale: readLocale(message.locale, `${field}.locale`, violations),
    text: readText(message.text, `${field}.text`, violations),
    translations: readMap(
      message.translations,
      LIMITS.translations,
      `${field}.translations`,
      violations,
      readText,
    ),
  }
}

export function writeLocalizedText({ locale, text, translations }: LocalizedText): LocalizedTextMessage {
  return { locale, text, translations: new Map(Object.entries(translations)) }
}
