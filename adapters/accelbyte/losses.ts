import type { Canonical, ProgressFacts, TitleFacts } from '../../src/dialect/adapter.ts'
import type { LossReport, Path } from '../../src/dialect/losses.ts'
import type { Achievement } from '../../src/model/achievement.ts'
import { type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import type { Extensions } from '../../src/model/title.ts'
import { isVerbatim } from './verbatim.ts'

/** What a field loses, for a person. A new field of the model fails to compile until it is answered for. */
type Details<Part> = Readonly<Record<Exclude<keyof Part, 'ids' | 'extensions'>, string>>

const NO_LOCATION = 'AccelByte has no place for it'

const TITLE: Details<TitleFacts> = {
  binding: 'AccelByte knows a title by its namespace alone',
  displayName: NO_LOCATION,
}

const ACHIEVEMENT: Details<Achievement> = {
  id: 'an achievement code is not empty',
  listOrder: 'a list order is an integer',
  name: 'a language has one text',
  description: 'name and description share one default language',
  lockedDescription: NO_LOCATION,
  hidden: NO_LOCATION,
  serverOnly: NO_LOCATION,
  kind: NO_LOCATION,
  window: NO_LOCATION,
  participation: 'an achievement is of one player, or global, of all players together',
  requirements:
    'AccelByte knows one requirement, a double named goal that is reached from below; an achievement that asks for more is unlocked by the game',
  rewards: NO_LOCATION,
  media: 'an icon is of the unlocked state or of the locked one, and those of the unlocked state come first',
  tags: 'AccelByte accepts at most 5 tags',
  platforms: NO_LOCATION,
  productId: NO_LOCATION,
  deepLink: NO_LOCATION,
  estimatedTime: NO_LOCATION,
  titleAssociations: NO_LOCATION,
  createTime: 'year 1 says never',
  updateTime: 'year 1 says never',
}

const PROGRESS: Details<ProgressFacts> = {
  account: 'a user row does not say whose it is',
  achievementId: 'an achievement code is not empty',
  state: NO_LOCATION,
  percent: 'a user row has a value and no percent',
  values: 'a user row has one value, a double that names no requirement, and always has it',
  unlockTime: 'only what is achieved has a time, and year 1 says never',
  revoked: NO_LOCATION,
}

interface Field<Part> {
  readonly field: keyof Details<Part> & string
  readonly detail: string
}

function fieldsOf<Part>(details: Details<Part>): readonly Field<Part>[] {
  const fields = Object.keys(details) as (keyof Details<Part> & string)[]
  return fields.map((field) => ({ field, detail: details[field] }))
}

const TITLE_FIELDS = fieldsOf(TITLE)
const ACHIEVEMENT_FIELDS = fieldsOf(ACHIEVEMENT)
const PROGRESS_FIELDS = fieldsOf(PROGRESS)

/**
 * Reports what `back`, the entry read again, no longer says as `record` does. Measured, not foretold: so nothing
 * is lost in silence, and nothing is reported that came through. A user row is asked for no definition, and takes
 * its title from where it is written.
 */
export function reportDifferences(record: Canonical, back: Canonical, losses: LossReport): void {
  const { binding } = record.title
  const title = back.progress === undefined ? back.title : { ...back.title, binding }
  reportPart('title', record.title, title, TITLE_FIELDS, losses)
  if (record.achievement !== undefined && back.achievement !== undefined) {
    reportPart('achievement', record.achievement, back.achievement, ACHIEVEMENT_FIELDS, losses)
    const [from, to] = [record.achievement.ids['accelbyte'], back.achievement.ids['accelbyte']]
    reportField(['achievement', 'ids', 'accelbyte'], from, to, 'a definition in REST form has no id', losses)
  }
  if (record.progress !== undefined && back.progress !== undefined) {
    reportPart('progress', record.progress, back.progress, PROGRESS_FIELDS, losses)
  } else if (record.progress !== undefined) {
    losses.dropped(['progress'], toJson(record.progress), 'a definition does not carry progress')
  }
  if (record.summary !== undefined) losses.dropped(['summary'], toJson(record.summary), NO_LOCATION)
}

function reportPart<Part extends { readonly extensions: Extensions }>(
  name: string,
  record: Part,
  back: Part,
  fields: readonly Field<Part>[],
  losses: LossReport,
): void {
  for (const { field, detail } of fields) {
    const from = record[field]
    const to = back[field]
    if (sameJson(from, to)) continue
    if (detail !== NO_LOCATION) reportField([name, field], from, to, detail, losses)
    else losses.dropped([name, field], toJson(from), detail)
  }
  const [before, after] = [record.extensions['accelbyte'], back.extensions['accelbyte']]
  if (before !== after) reportExtension(name, before ?? {}, after ?? {}, losses)
}

function reportExtension(name: string, before: JsonObject, after: JsonObject, losses: LossReport): void {
  for (const member of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [ownMember(before, member), ownMember(after, member)]
    if (isVerbatim(member) || sameJson(from, to)) continue
    const detail = 'not what this form of the dialect can say, or must say'
    reportChange([name, 'extensions', 'accelbyte', member], from, to, detail, losses)
  }
}

/** Down to the members of an object and the items of a list, which are reported whole. */
function reportField(path: Path, from: unknown, to: unknown, detail: string, losses: LossReport): void {
  if (sameJson(from, to)) return
  if (Array.isArray(from) && Array.isArray(to) && isAligned(from, to)) {
    for (const [index, item] of from.entries()) {
      if (!sameJson(item, to[index])) reportChange([...path, index], item, to[index], detail, losses)
    }
  } else if (isObject(from) && isObject(to)) {
    for (const member of new Set([...Object.keys(from), ...Object.keys(to)])) {
      reportField([...path, member], ownMember(from, member), ownMember(to, member), detail, losses)
    }
  } else reportChange(path, from, to, detail, losses)
}

/** Whether the items stand where they stood: none was lost before another, and none came in. */
function isAligned(from: readonly unknown[], to: readonly unknown[]): boolean {
  return from.length === to.length || (to.length < from.length && sameJson(from.slice(0, to.length), to))
}

function reportChange(path: Path, from: unknown, to: unknown, detail: string, losses: LossReport): void {
  const [before, after] = [toJson(from), toJson(to)]
  if (after === undefined) losses.dropped(path, before, detail)
  else if (before === undefined) losses.defaulted(path, after, detail)
  else losses.coerced(path, before, after, detail)
}

function ownMember(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A record as JSON: without the members that are undefined. */
function toJson(value: unknown): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((item) => toJson(item) ?? null)
  if (!isObject(value)) return value as JsonValue | undefined
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, toJson(member) as JsonValue]))
}
