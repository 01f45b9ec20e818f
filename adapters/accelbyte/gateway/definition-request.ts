import { DecodeError, describe } from '../../../src/dialect/decode-error.ts'
import { LossReport } from '../../../src/dialect/losses.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import { checkAchievement } from '../../../src/model/check-achievement.ts'
import { invalidArgument, type Violation } from '../../../src/model/errors.ts'
import { formatJson } from '../../../src/model/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { isLongerThan } from '../../../src/model/text-length.ts'
import { DEFINITION_MEMBERS, decode } from '../decode.ts'
import { foldMembers, restName } from '../members.ts'

/** `models.AchievementRequest`: what a request may say of a definition; the service itself says the rest. */
const WRITABLE = [
  'AchievementCode',
  'DefaultLanguage',
  'Name',
  'Description',
  'LockedIcons',
  'UnlockedIcons',
  'Hidden',
  'Tags',
  'Incremental',
  'GoalValue',
  'StatCode',
  'Global',
  'CustomAttributes',
]

/** The members of a body that are not null, by their REST names: clients send null for a member that they omit. */
export function sentMembers(body: JsonObject): JsonObject {
  const { known } = foldMembers(body, DEFINITION_MEMBERS)
  const sent = Object.entries(known).filter(([name, value]) => WRITABLE.includes(name) && value !== null)
  return Object.fromEntries(sent.map(([name, value]) => [restName(name), value]))
}

/**
 * The definition that a request says.
 * @throws DecodeError at the first thing wrong.
 */
export function readDefinition(sent: JsonObject): Achievement {
  const { defaultLanguage, customAttributes } = sent
  if (typeof defaultLanguage !== 'string' || defaultLanguage === '') {
    const problem = `expected a language, such as en or en-US, but found ${describe(defaultLanguage)}`
    throw new DecodeError(['defaultLanguage'], problem)
  }
  if (customAttributes !== undefined && !isJsonObject(customAttributes)) {
    throw new DecodeError(['customAttributes'], `expected an object, but found ${describe(customAttributes)}`)
  }
  const context = { locale: defaultLanguage, envelope: {} }
  const { achievement } = decode(sent, new LossReport(), context)
  // Undefined for a player's row only, which has no default language.
  return achievement as Achievement
}

/** @throws LaurelError naming all that no record can hold, and under `strict` what the service refuses as well. */
export function checkDefinition(achievement: Achievement, strict: boolean): void {
  const violations = [
    ...checkAchievement(achievement).map(({ field, message }) => ({ field: theirName(field), message })),
    ...checkExtension(achievement),
    ...(strict ? checkStrictly(achievement) : []),
  ]
  if (violations.length > 0) throw invalidArgument(violations)
}

function checkExtension({ extensions }: Achievement): readonly Violation[] {
  const extension = extensions['accelbyte'] ?? {}
  const violations: Violation[] = []
  if (formatJson(extension).length > LIMITS.extensionBytes) {
    const message = `must have at most ${LIMITS.extensionBytes} bytes as JSON`
    violations.push({ field: 'customAttributes', message })
  }
  if (isLongerThan(String(extension['StatCode'] ?? ''), LIMITS.id)) {
    violations.push({ field: 'statCode', message: `must have at most ${LIMITS.id} characters` })
  }
  return violations
}

const LONGEST_CODE = 32

/** Checks the limits of AccelByte's own service that Laurel does not have. */
function checkStrictly({ id, requirements, extensions }: Achievement): readonly Violation[] {
  const violations: Violation[] = []
  const [goal] = requirements
  const statCode = goal?.statCode ?? String(extensions['accelbyte']?.['StatCode'] ?? '')
  const longest = `must have at most ${LONGEST_CODE} characters`
  if (isLongerThan(id, LONGEST_CODE)) violations.push({ field: 'achievementCode', message: longest })
  if (isLongerThan(statCode, LONGEST_CODE)) violations.push({ field: 'statCode', message: longest })
  if (!/^[a-z0-9-]*$/i.test(statCode)) {
    violations.push({ field: 'statCode', message: 'must consist of letters, digits and hyphens' })
  }
  if (goal !== undefined && statCode === '') {
    violations.push({ field: 'statCode', message: 'must be set for an incremental achievement' })
  }
  return violations
}

const THEIR_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^id$/, 'achievementCode'],
  [/^requirements\[0\]\.stat_code$/, 'statCode'],
  [/^(name|description)\.(?:text|translations)(?=$|\.)/, '$1'],
  [/^media\b/, 'icons'],
]

function theirName(field: string): string {
  const found = THEIR_NAMES.find(([pattern]) => pattern.test(field))
  return found === undefined ? field : field.replace(...found)
}
