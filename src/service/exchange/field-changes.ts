import type { Achievement } from '../../model/achievement.ts'
import type { Totals } from '../../model/imported-totals.ts'
import { formatInstant } from '../../model/instant.ts'
import { type JsonValue, sameJson } from '../../model/json.ts'
import type { Progress } from '../../model/progress.ts'

/** One field that an import changes. */
export interface FieldChange {
  /** Named as in the protos: `requirements[0].target`. */
  readonly field: string
  /** Undefined where there is none. */
  readonly from: JsonValue | undefined
  readonly to: JsonValue | undefined
}

/** Bookkeeping that a document does not change. */
const LEFT_OUT: ReadonlySet<string> = new Set(['updateTime', 'statedTimes', 'mintedIds', 'etag', 'titleId'])
const INSTANTS: ReadonlySet<string> = new Set([
  'window.start_time',
  'window.end_time',
  'create_time',
  'progress.unlock_time',
  'summary.last_unlock_time',
])
/** Members whose own members are keys, not names of fields. */
const MAPS: ReadonlySet<string> = new Set(['translations', 'ids', 'extensions', 'values'])

/** Where a value is in the record. */
interface Location {
  readonly field: string
  /** True for a map and all that is in it. */
  readonly isMap: boolean
}

export function definitionChanges(before: Achievement, after: Achievement): readonly FieldChange[] {
  const changes: FieldChange[] = []
  for (const name of namesOf(before, after)) {
    if (!LEFT_OUT.has(name)) compareMember(before, after, { field: '', isMap: false }, name, changes)
  }
  return changes
}

/** The facts of progress that a document can state. */
const PROGRESS_FIELDS = ['state', 'percent', 'values', 'unlockTime', 'revoked'] as const

export function progressChanges(before: Progress, after: Progress): readonly FieldChange[] {
  const changes: FieldChange[] = []
  const location = { field: 'progress', isMap: false }
  for (const name of PROGRESS_FIELDS) compareMember(before, after, location, name, changes)
  return changes
}

/** The totals that a document can state. */
const TOTALS_FIELDS = ['unlockedCount', 'score', 'maxScore', 'lastUnlockTime'] as const

export function totalsChanges(before: Totals, after: Totals): readonly FieldChange[] {
  const changes: FieldChange[] = []
  const location = { field: 'summary', isMap: false }
  for (const name of TOTALS_FIELDS) compareMember(before, after, location, name, changes)
  return changes
}

function compare(from: unknown, to: unknown, location: Location, changes: FieldChange[]): void {
  const { field, isMap } = location
  if (sameJson(from, to)) return
  if (Array.isArray(from) && Array.isArray(to)) {
    for (let index = 0; index < Math.max(from.length, to.length); index += 1)
      compare(from[index], to[index], { field: `${field}[${index}]`, isMap }, changes)
  } else if (isObject(from) && isObject(to)) {
    for (const name of namesOf(from, to)) compareMember(from, to, location, name, changes)
  } else {
    changes.push({ field, from: toJson(from, location), to: toJson(to, location) })
  }
}

function compareMember(
  from: object,
  to: object,
  location: Location,
  name: string,
  changes: FieldChange[],
): void {
  compare(own(from, name), own(to, name), memberOf(location, name), changes)
}

function memberOf({ field, isMap }: Location, name: string): Location {
  if (isMap) return { field: `${field}[${JSON.stringify(name)}]`, isMap }
  const step = protoNameOf(field, name)
  return { field: field === '' ? step : `${field}.${step}`, isMap: MAPS.has(name) }
}

function protoNameOf(parent: string, name: string): string {
  if (parent === 'window') return `${name}_time`
  if (name === 'id' && /^requirements\[\d+\]$/.test(parent)) return 'requirement_id'
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** A value of the model as JSON: instants as RFC 3339, members that are undefined left out. */
function toJson(value: unknown, location: Location): JsonValue | undefined {
  if (typeof value === 'bigint' && INSTANTS.has(location.field)) return formatInstant(value)
  if (Array.isArray(value)) return value.map((item) => toJson(item, location) ?? null)
  if (!isObject(value)) return value as JsonValue | undefined
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const json = toJson(inner, memberOf(location, name))
    return json === undefined ? [] : [[name, json] as const]
  })
  return Object.fromEntries(members)
}

function namesOf(left: object, right: object): ReadonlySet<string> {
  return new Set([...Object.keys(left), ...Object.keys(right)])
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(members: object, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name as keyof typeof members] : undefined
}
