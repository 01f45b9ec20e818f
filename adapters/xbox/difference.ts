import type { Canonical } from '../../src/dialect/adapter.ts'
import type { LossReport, Path } from '../../src/dialect/losses.ts'
import { formatInstant } from '../../src/model/instant.ts'
import type { JsonValue } from '../../src/model/json.ts'
import { FORM, SPELLED } from './extension.ts'
import { formatTimeSpan } from './words.ts'

/*
 * What an entry lost is measured and not declared: it is read back, and each place where it says something
 * other than the record is a loss. So nothing is lost in silence, and nothing is reported that is not lost.
 */

/** Reports each place where `after`, what an entry says, differs from the record that it was written of. */
export function reportDifferences(before: Canonical, after: Canonical, losses: LossReport): void {
  compare(before, after, [], losses)
}

function compare(before: unknown, after: unknown, path: Path, losses: LossReport): void {
  if (Object.is(before, after) || isForeign(path) || isMemory(path)) return
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, element] of before.entries()) compare(element, after[index], [...path, index], losses)
  } else if (isPlainObject(before) && isPlainObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(own(before, name), own(after, name), [...path, name], losses)
    }
  } else if (path.length === 3 && path[1] === 'extensions') {
    compare(before ?? {}, after ?? {}, path, losses)
  } else {
    report(before, after, path, losses)
  }
}

function report(before: unknown, after: unknown, path: Path, losses: LossReport): void {
  const [from, to] = [toJson(before, path), toJson(after, path)]
  if (from === undefined && to === undefined) return
  if (to === undefined) losses.dropped(path, from, reasonFor(path) ?? 'xbox has no place for it')
  else if (from === undefined) losses.defaulted(path, to, reasonFor(path) ?? 'xbox requires it')
  else losses.coerced(path, from, to, reasonFor(path) ?? 'the nearest that xbox can say')
}

/** The portable half reports what belongs to other dialects. */
function isForeign(path: Path): boolean {
  const [part, member, dialect] = path
  if (path.length !== 3 || dialect === 'xbox') return false
  return member === 'extensions' || (part === 'achievement' && member === 'ids')
}

/** How an entry was spelled is no fact of its own: it may be forgotten when the record or the form changes. */
function isMemory([, member, dialect, name]: Path): boolean {
  return member === 'extensions' && dialect === 'xbox' && (name === FORM || name === SPELLED)
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^achievement$/, 'this form of entry carries no definition'],
  [/^summary$/, 'this form of entry carries no totals'],
  [/^progress$/, 'an entry says the progress of somebody, or that nobody has any'],
  [/^achievement id$/, 'xbox knows an achievement by its number alone'],
  [/ translations /, 'an entry is in one language'],
  [/ locale$/, 'all texts of an entry are in one language'],
  [/^achievement titleAssociations$/, 'xbox shows an achievement under one title at least'],
  [/^achievement lockedDescription$/, 'the same text as the description'],
  [/ media (.* )?role$/, 'xbox has one icon, which serves both states'],
  [/ account$/, 'the request names the player, the entry does not'],
  [/ extensions xbox /, 'it fits neither this form nor what the record says now'],
  [/^progress percent$/, 'xbox computes it from the requirements, and 100 means achieved'],
  [/^progress values /, 'only requirements of the achievement have a value'],
  [/^progress unlockTime$/, 'only what is achieved has a time, and year 1 means none'],
]

function reasonFor(path: Path): string | undefined {
  const text = path.join(' ')
  return REASONS.find(([pattern]) => pattern.test(text))?.[1]
}

const INSTANTS: ReadonlySet<unknown> = new Set([
  'unlockTime',
  'lastUnlockTime',
  'createTime',
  'updateTime',
  'start',
  'end',
])

/** A value of the model as a report shows it: instants and lengths of time as text. */
function toJson(value: unknown, path: Path): JsonValue | undefined {
  const name = path.at(-1)
  if (value === undefined) return undefined
  if (typeof value === 'bigint' && INSTANTS.has(name)) return formatInstant(value)
  if (typeof value === 'bigint' && name === 'estimatedTime') return formatTimeSpan(value)
  if (Array.isArray(value)) return value.map((element) => toJson(element, path) ?? null)
  if (!isPlainObject(value)) return value as JsonValue
  const members = Object.entries(value).map(([member, inner]) => [member, toJson(inner, [...path, member])])
  return Object.fromEntries(members.filter(([, inner]) => inner !== undefined))
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
