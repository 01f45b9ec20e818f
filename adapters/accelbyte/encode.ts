import type { Canonical, EncodeContext, ProgressFacts } from '../../src/dialect/adapter.ts'
import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import { BLANK_RECORD } from '../../src/dialect/kit/blank.ts'
import { measureLosses, readingOf } from '../../src/dialect/kit/measure-losses.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import type { Achievement, Requirement } from '../../src/model/achievement.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import type { Quantity } from '../../src/model/quantity.ts'
import {
  DEFINITION_MEMBERS,
  decodeFacts,
  GOAL,
  MARKS_DEFINITION,
  MAX_TAGS,
  OPAQUE_MEMBERS,
  ROW_MEMBERS,
} from './decode.ts'
import { deriveRowId } from './ids.ts'
import { LOSS_RULES } from './losses.ts'
import { findName, type MemberNames, restName } from './members.ts'
import { isDouble } from './schema.ts'
import { writeDouble, writeIcons, writeInstant, writeTexts } from './values.ts'
import { definitionVerbatim, OF_ANY_DEFINITION, rowVerbatim, writeVerbatim } from './verbatim.ts'

/** The member order of the service's own answers; they have no id. */
const REST_ORDER = [
  'AchievementCode',
  'Namespace',
  'DefaultLanguage',
  'Name',
  'Description',
  'LockedIcons',
  'UnlockedIcons',
  'Hidden',
  'ListOrder',
  'Tags',
  'Incremental',
  'GoalValue',
  'StatCode',
  'Global',
  'CreatedAt',
  'UpdatedAt',
] as const

/** Writes an entry, and measures its losses by reading it back. */
export function encode(record: Canonical, losses: LossReport, context: EncodeContext): JsonObject {
  const entry = write(record, context)
  const back = entry === undefined ? BLANK_RECORD : decodeFacts(entry, readingOf(record, context))
  measureLosses(record, back, losses, LOSS_RULES)
  return entry ?? {}
}

/** Ignores the requested shape if the record lacks the part that it carries. */
function write(record: Canonical, { shape, purpose, account }: EncodeContext): JsonObject | undefined {
  const { title, achievement, progress } = record
  const isRow = shape === 'user' || (shape === undefined && purpose === 'progress')
  if (progress !== undefined && (isRow || achievement === undefined)) {
    return writeRow(progress, achievement, account ?? progress.account ?? '')
  }
  if (achievement === undefined) return undefined
  const namespace = title.binding?.['namespace'] ?? ''
  return shape === 'rest' ? writeRest(achievement, namespace) : writeExport(achievement, namespace)
}

/** `Global` is a newer member, and is written only if it is set. */
function writeExport(achievement: Achievement, namespace: string): JsonObject {
  const extension = achievement.extensions['accelbyte'] ?? EMPTY_OBJECT
  const definition = writeDefinition(achievement, namespace, extension)
  if (extension === EMPTY_OBJECT && achievement.participation !== 'community') return definition
  const global = globalIn(achievement, extension)
  const others = [...opaqueIn(extension), ...unknownIn(extension, DEFINITION_MEMBERS)]
  const saysGlobal = global === true || Object.hasOwn(extension, 'Global')
  if (!saysGlobal && others.length === 0) return definition
  return { ...definition, ...(saysGlobal ? { Global: global } : {}), ...Object.fromEntries(others) }
}

/** REST always says `global`, and its clients refuse null where a list should be. */
function writeRest(achievement: Achievement, namespace: string): JsonObject {
  const extension = achievement.extensions['accelbyte'] ?? {}
  const withoutNulls = Object.fromEntries(Object.entries(extension).filter(([, value]) => value !== null))
  const definition = {
    ...writeDefinition(achievement, namespace, withoutNulls),
    Global: globalIn(achievement, withoutNulls),
  }
  return Object.fromEntries([
    ...REST_ORDER.map((name) => [restName(name), definition[name]] as const),
    ...opaqueIn(extension).map(([name, value]) => [restName(name), value] as const),
    ...unknownIn(extension, DEFINITION_MEMBERS),
  ])
}

/** In the order of the service's own export. */
function writeDefinition(achievement: Achievement, namespace: string, extension: JsonObject) {
  const goal = goalIn(achievement)
  const language = achievement.name.locale
  const as = extension === EMPTY_OBJECT ? asPlain : asOriginal(extension, language, goal !== undefined)
  return {
    Hidden: achievement.hidden,
    Incremental: goal !== undefined,
    ID: achievement.ids['accelbyte'] ?? '',
    ListOrder: achievement.listOrder,
    GoalValue: as('GoalValue', goal === undefined ? 0 : writeDouble(Number(goal.target))),
    UnlockedIcons: as('UnlockedIcons', writeIcons(achievement.media, 'unlocked_icon')),
    LockedIcons: as('LockedIcons', writeIcons(achievement.media, 'locked_icon')),
    CreatedAt: as('CreatedAt', writeInstant(achievement.createTime)),
    UpdatedAt: as('UpdatedAt', writeInstant(achievement.updateTime)),
    Namespace: namespace,
    AchievementCode: achievement.id,
    StatCode: as('StatCode', goal?.statCode ?? ''),
    DefaultLanguage: language,
    Tags: as('Tags', achievement.tags.slice(0, MAX_TAGS)),
    Name: as('Name', writeTexts(achievement.name, language)),
    Description: as('Description', writeTexts(achievement.description, language)),
  } as const satisfies JsonObject
}

function asPlain(_: string, plain: JsonValue): JsonValue {
  return plain
}

function asOriginal(extension: JsonObject, language: string, incremental: boolean): typeof asPlain {
  const verbatim = definitionVerbatim(language, incremental)
  return (name, plain) => writeVerbatim(name, plain, extension, verbatim)
}

function globalIn({ participation }: Achievement, extension: JsonObject): JsonValue {
  return writeVerbatim('Global', participation === 'community', extension, OF_ANY_DEFINITION)
}

/**
 * The single requirement of an incremental achievement, reached from below. An achievement with any other requirements is written as
 * not incremental, for the game to unlock: only some of the requirements would unlock it too early.
 */
export function goalIn({ requirements }: Achievement): Requirement | undefined {
  const [only, ...others] = requirements
  return others.length === 0 && only?.operator === 'at_least' ? only : undefined
}

function writeRow(
  progress: ProgressFacts,
  achievement: Achievement | undefined,
  account: string,
): JsonObject {
  const extension = progress.extensions['accelbyte'] ?? {}
  const achieved = progress.state === 'achieved'
  const verbatim = rowVerbatim(achieved)
  const as = (name: string, plain: JsonValue) => writeVerbatim(name, plain, extension, verbatim)
  const { id, name } = extension
  return Object.fromEntries([
    ['id', typeof id === 'string' ? id : deriveRowId(account, progress.achievementId)],
    ['achievementCode', progress.achievementId],
    [
      'name',
      achievement === undefined ? (name ?? {}) : writeTexts(achievement.name, achievement.name.locale),
    ],
    ['status', as('status', achieved ? 2 : progress.state === 'in_progress' ? 1 : 0)],
    ['latestValue', as('latestValue', writeDouble(latestValueOf(progress, achievement)))],
    ['achievedAt', as('achievedAt', writeInstant(achieved ? progress.unlockTime : undefined))],
    ...unknownIn(extension, ROW_MEMBERS).filter(([member]) => !MARKS_DEFINITION.test(member)),
  ])
}

/**
 * The value that was reported; for an unlock without one the goal, or 1 where there is none; else that part of
 * the goal which the percent says. A client divides it by the goal of the definition.
 */
function latestValueOf(progress: ProgressFacts, achievement: Achievement | undefined): number {
  const reported = reportedValue(progress, achievement)
  if (reported !== undefined) return Number(reported)
  const goal = achievement === undefined ? undefined : goalValueOf(achievement)
  if (progress.state === 'achieved') return goal ?? 1
  if (goal === undefined) return 0
  const hundredfold = goal * progress.percent
  // The largest doubles have no hundredfold.
  return Number.isFinite(hundredfold) ? hundredfold / 100 : (goal / 100) * progress.percent
}

/** One number cannot stand for several values: only a value that a row brought is written. */
function reportedValue(
  { values }: ProgressFacts,
  achievement: Achievement | undefined,
): Quantity | undefined {
  const [only, ...others] = achievement?.requirements ?? []
  if (others.length > 0) return Object.hasOwn(values, GOAL) ? values[GOAL] : undefined
  const reported = Object.entries(values)
  const named = reported.find(([id]) => id === only?.id) ?? (reported.length === 1 ? reported[0] : undefined)
  return named?.[1]
}

/** The goal as the definition is written, kept ones of achievements that are not incremental included. */
function goalValueOf(achievement: Achievement): number | undefined {
  const goal = goalIn(achievement)?.target ?? achievement.extensions['accelbyte']?.['GoalValue']
  return isDouble(goal) && Number(goal) > 0 ? Number(goal) : undefined
}

function opaqueIn(extension: JsonObject): readonly (readonly [string, JsonValue])[] {
  return OPAQUE_MEMBERS.filter((name) => Object.hasOwn(extension, name)).map((name) => [
    name,
    extension[name] ?? null,
  ])
}

function unknownIn(extension: JsonObject, known: MemberNames): readonly (readonly [string, JsonValue])[] {
  return Object.entries(extension).filter(([member]) => findName(known, member) === undefined)
}
