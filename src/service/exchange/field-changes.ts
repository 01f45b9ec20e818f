import type { Achievement } from '../../model/achievement.ts'
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

/** Members that every write sets. */
const LEFT_OUT: ReadonlySet<string> = new Set(['updateTime', 'statedTimes', 'mintedIds', 'etag', 'titleId'])
const INSTANTS: ReadonlySet<string> = new Set(['start', 'end', 'createTime', 'updateTime', 'unlockTime'])

export function definitionChanges(before: Achievement, after: Achievement): readonly FieldChange[] {
  const changes: FieldChange[] = []
  compare(before, after, '', changes)
  return changes
}

/** The facts of progress that a document can state. */
const PROGRESS_FIELDS = ['state', 'percent', 'values', 'unlockTime', 'revoked'] as const

export function progressChanges(before: Progress, after: Progress): readonly FieldChange[] {
  const changes: FieldChange[] = []
  for (const name of PROGRESS_FIELDS) compareMember(name, before[name], after[name], 'progress.', changes)
  return changes
}

function compare(from: unknown, to: unknown, field: string, changes: FieldChange[], member = ''): void {
  if (sameJson(from, to)) return
  if (Array.isArray(from) && Array.isArray(to)) {
    for (let index = 0; index < Math.max(from.length, to.length); index += 1)
      compare(from[index], to[index], `${field}[${index}]`, changes)
    return
  }
  if (!isObject(from) || !isObject(to)) {
    changes.push({ field, from: toJson(from, member), to: toJson(to, member) })
    return
  }
  const prefix = field === '' ? '' : `${field}.`
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (field === '' && LEFT_OUT.has(name)) continue
    compareMember(name, own(from, name), own(to, name), prefix, changes)
  }
}

function compareMember(
  name: string,
  from: unknown,
  to: unknown,
  prefix: string,
  changes: FieldChange[],
): void {
  const isName = /^[a-z][A-Za-z]*$/.test(name)
  const step = isName ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : JSON.stringify(name)
  const field = isName ? prefix + step : `${prefix.slice(0, -1)}[${step}]`
  compare(from, to, field, changes, name)
}

/** A value of the model as JSON: instants as RFC 3339, members that are undefined left out. */
function toJson(value: unknown, member: string): JsonValue | undefined {
  if (typeof value === 'bigint' && INSTANTS.has(member)) return formatInstant(value)
  if (Array.isArray(value)) return value.map((item) => toJson(item, '') ?? null)
  if (!isObject(value)) return value as JsonValue | undefined
  const members = Object.entries(value).flatMap(([name, inner]) => {
    const json = toJson(inner, name)
    return json === undefined ? [] : [[name, json] as const]
  })
  return Object.fromEntries(members)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function own(members: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined
}
