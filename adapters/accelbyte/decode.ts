import type { Canonical, DecodeContext, ProgressFacts } from '../../src/dialect/adapter.ts'
import { DecodeError } from '../../src/dialect/decode-error.ts'
import { EMPTY_OBJECT, NO_ITEMS } from '../../src/dialect/empty.ts'
import { quick } from '../../src/dialect/fast-path.ts'
import { BLANK_ACHIEVEMENT, BLANK_PROGRESS, BLANK_RECORD } from '../../src/dialect/kit/blank.ts'
import type { LossReport } from '../../src/dialect/losses.ts'
import type { Achievement, Requirement } from '../../src/model/achievement.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import type { Extensions } from '../../src/model/title.ts'
import { foldMembers, type Members, memberNames, readMembers } from './members.ts'
import { definitionSchema, userRowSchema } from './schema.ts'
import { readIcons, readInstant, readTexts } from './values.ts'
import { definitionVerbatim, keepVerbatim, rowVerbatim } from './verbatim.ts'

/** The limit of the admin portal. */
export const MAX_TAGS = 5

/** Members that the model cannot hold: stored as they are, and written only if they were set. */
export const OPAQUE_MEMBERS = ['CustomAttributes', 'Status'] as const

export const DEFINITION_MEMBERS = memberNames(definitionSchema)
export const ROW_MEMBERS = memberNames(userRowSchema)

const DEFINITION = quick(definitionSchema)
const ROW = quick(userRowSchema)

/** The name of the code in a definition from REST; an export has `AchievementCode`. */
const REST_CODE = 'achievementCode'

/** Reads an entry without losses: members that the model cannot hold go into the extension. */
export function decode(entry: JsonObject, _losses: LossReport, context: DecodeContext): Canonical {
  return isUserRow(entry) ? decodeUserRow(entry) : decodeDefinition(entry, context, true)
}

/** Reads an entry without keeping original texts, which are no facts of the record. */
export function decodeFacts(entry: JsonObject, context: DecodeContext): Canonical {
  return isUserRow(entry) ? decodeUserRow(entry) : decodeDefinition(entry, context, false)
}

/** Returns the shape of an entry that `decode` takes. */
export function shapeOf(entry: JsonObject): 'export' | 'rest' | 'user' {
  if (isUserRow(entry)) return 'user'
  return Object.hasOwn(entry, REST_CODE) ? 'rest' : 'export'
}

/** Every definition has these members and no row has one; both may have unknown members. */
export const MARKS_DEFINITION = /^(description|defaultLanguage)$/i

const MARKS_ROW = /^(achievedAt|latestValue)$/i

function isUserRow(entry: JsonObject): boolean {
  if (Object.hasOwn(entry, 'DefaultLanguage')) return false
  const names = Object.keys(entry)
  if (names.some((name) => MARKS_DEFINITION.test(name))) return false
  return typeof entry['status'] === 'number' || names.some((name) => MARKS_ROW.test(name))
}

function decodeDefinition(entry: JsonObject, context: DecodeContext, keepsVerbatim: boolean): Canonical {
  const members = foldMembers(entry, DEFINITION_MEMBERS)
  const read = readMembers(DEFINITION, members)
  const language = read.DefaultLanguage ?? context.locale
  const tags = read.Tags ?? NO_ITEMS
  if (tags.length > MAX_TAGS) {
    const path = members.path('Tags')
    throw new DecodeError(path, `${path[0]} must hold at most ${MAX_TAGS} tags, but found ${tags.length}`)
  }
  const achievement: Achievement = {
    ...BLANK_ACHIEVEMENT,
    id: read.AchievementCode,
    listOrder: read.ListOrder ?? 0,
    name: readTexts(read.Name, language, members.path('Name')),
    description: readTexts(read.Description, language, members.path('Description')),
    hidden: read.Hidden ?? false,
    participation: read.Global ? 'community' : 'individual',
    requirements: read.Incremental ? [goalOf(read.GoalValue, read.StatCode)] : NO_ITEMS,
    media: [
      ...readIcons(read.UnlockedIcons, 'unlocked_icon', members.path('UnlockedIcons')),
      ...readIcons(read.LockedIcons, 'locked_icon', members.path('LockedIcons')),
    ],
    tags,
    ids: read.ID ? { accelbyte: read.ID } : {},
    createTime: readInstant(read.CreatedAt, members.path('CreatedAt')),
    updateTime: readInstant(read.UpdatedAt, members.path('UpdatedAt')),
    // Last, for it reads each member a second time: all of them are known to be readable by now.
    extensions: extensionsOf({
      ...opaqueIn(members, isRest(members)),
      ...(keepsVerbatim ? verbatimIn(members, language, read.Incremental ?? false) : EMPTY_OBJECT),
      ...members.unknown,
    }),
  }
  const binding = read.Namespace ? { namespace: read.Namespace } : undefined
  return { ...BLANK_RECORD, title: { ...BLANK_RECORD.title, binding }, achievement }
}

function verbatimIn(members: Members, language: string, incremental: boolean): JsonObject {
  const known = isRest(members) ? withoutNulls(members.known) : members.known
  return keepVerbatim(known, definitionVerbatim(language, incremental))
}

/** A row names no requirement, and an incremental achievement has one: both are known by this id. */
export const GOAL = 'goal'

/** The goal may be absent: Go leaves zeros out where its struct says so, and real documents lack it. */
function goalOf(goal: number | bigint | null | undefined, statCode: string | null | undefined): Requirement {
  return {
    id: GOAL,
    statCode: statCode || undefined,
    operator: 'at_least',
    target: Number(goal ?? 0),
    valueType: 'double',
  }
}

/** REST always says `global`, so that false there says no more than the export, which leaves it out. */
function opaqueIn({ known }: Members, rest: boolean): JsonObject {
  const set = OPAQUE_MEMBERS.filter((name) => Object.hasOwn(known, name))
  if (set.length === 0 && (rest || known['Global'] !== false)) return EMPTY_OBJECT
  const opaque = set.map((name): [string, JsonValue] => [name, known[name] ?? null])
  return Object.fromEntries(!rest && known['Global'] === false ? [['Global', false], ...opaque] : opaque)
}

function isRest(members: Members): boolean {
  return members.path('AchievementCode')[0] === REST_CODE
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}

function decodeUserRow(entry: JsonObject): Canonical {
  const members = foldMembers(entry, ROW_MEMBERS)
  const read = readMembers(ROW, members)
  const state = read.status === 2 ? 'achieved' : read.status === 1 ? 'in_progress' : 'not_started'
  const time = readInstant(read.achievedAt, members.path('achievedAt'))
  const { id, name } = members.known
  const hasName = name !== undefined && name !== null && !isEmptyObject(name)
  const progress: ProgressFacts = {
    ...BLANK_PROGRESS,
    achievementId: read.achievementCode,
    state,
    percent: state === 'achieved' ? 100 : 0,
    values:
      read.latestValue === null || read.latestValue === undefined ? {} : { [GOAL]: Number(read.latestValue) },
    unlockTime: state === 'achieved' ? time : undefined,
    extensions: extensionsOf({
      ...(typeof id === 'string' ? { id } : {}),
      ...(hasName ? { name } : {}),
      ...keepVerbatim(members.known, rowVerbatim(state === 'achieved')),
      ...members.unknown,
    }),
  }
  return { ...BLANK_RECORD, progress }
}

function extensionsOf(extension: JsonObject): Extensions {
  return isEmptyObject(extension) ? EMPTY_OBJECT : { accelbyte: extension }
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}
