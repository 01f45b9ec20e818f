import type { Canonical } from '../../src/dialect/adapter.ts'
import type { LossReport, Path } from '../../src/dialect/losses.ts'
import { formatInstant } from '../../src/model/instant.ts'
import { type JsonValue, sameMembers } from '../../src/model/json.ts'
import { formatTimeSpan } from './formats.ts'

/*
 * What an entry lost is measured and not declared: it is read back, and each place where it says something
 * other than the record is a loss. So nothing is lost in silence, and nothing is reported that is not lost.
 */

/** Reports each place where `after`, what an entry says, differs from the record that it was written of. */
export function reportDifferences(before: Canonical, after: Canonical, losses: LossReport): void {
  for (const part of ['title', 'achievement', 'progress', 'summary'] as const) {
    if (before[part] !== after[part]) compare(before[part], after[part], [part], losses)
  }
}

/** Whether two values of the model say the same: an undefined member is the same as an absent one. */
export function isSame(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false
    for (let index = 0; index < left.length; index += 1) if (!isSame(left[index], right[index])) return false
    return true
  }
  if (!isPlainObject(left) || !isPlainObject(right)) return false
  return sameMembers(left, right, isSame)
}

/** Two values that may differ, member by member: a path is made only where something does. */
function compare(before: unknown, after: unknown, path: Path, losses: LossReport): void {
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, element] of before.entries()) compareAt(index, element, after[index], path, losses)
  } else if (isPlainObject(before) && isPlainObject(after)) {
    for (const name of Object.keys(before)) compareAt(name, before[name], own(after, name), path, losses)
    for (const name of Object.keys(after)) {
      if (!Object.hasOwn(before, name)) compareAt(name, undefined, after[name], path, losses)
    }
  } else {
    report(before, after, path, losses)
  }
}

function compareAt(
  step: string | number,
  before: unknown,
  after: unknown,
  path: Path,
  losses: LossReport,
): void {
  if (isElsewhere(step, path) || isSame(before, after)) return
  compare(before, after, [...path, step], losses)
}

function report(before: unknown, after: unknown, path: Path, losses: LossReport): void {
  const [from, to] = [toJson(before, path), toJson(after, path)]
  if (from === undefined && to === undefined) return
  if (to === undefined || isEmptyList(to))
    losses.dropped(path, from, reasonFor(path) ?? 'xbox has no place for it')
  else if (from === undefined || isEmptyList(from))
    losses.defaulted(path, to, reasonFor(path) ?? 'xbox requires it')
  else losses.coerced(path, from, to, reasonFor(path) ?? 'the nearest that xbox can say')
}

/** Extensions are reported where they are put back, and ids of other dialects by the portable half. */
function isElsewhere(step: string | number, [part, member]: Path): boolean {
  if (member === undefined) return step === 'extensions'
  return member === 'extensions' || (part === 'achievement' && member === 'ids' && step !== 'xbox')
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^achievement$/, 'this form of entry carries no definition'],
  [/^summary$/, 'this form of entry carries no totals'],
  [/^progress$/, 'an entry says the progress of somebody, or that nobody has any'],
  [/^achievement id$/, 'xbox knows an achievement by its number alone'],
  [/ translations /, 'an entry is in one language'],
  [/ locale$/, 'all texts of an entry are in one language'],
  [/^achievement titleAssociations$/, 'xbox shows an achievement under one title at least'],
  [/^achievement participation$/, 'xbox has no goal of all players: it is earned by a group there'],
  [/^achievement lockedDescription$/, 'the same text as the description'],
  [/ media (.* )?role$/, 'xbox has one icon, which serves both states'],
  [/ account$/, 'the request names the player, the entry does not'],
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

function isEmptyList(value: JsonValue): boolean {
  return Array.isArray(value) && value.length === 0
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}
