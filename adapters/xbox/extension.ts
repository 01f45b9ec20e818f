import type { Canonical } from '../../src/dialect/adapter.ts'
import type { Path } from '../../src/dialect/losses.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import type { Extensions } from '../../src/model/title.ts'
import type { EntryCodec, Part } from './entry-codec.ts'

/*
 * An extension stores the difference between an entry and the plain entry that `write` makes of its record: unknown members under their
 * own name, and under VERBATIM the paths where the entry has another text of the same value, each with the plain text. An original
 * text is put back only if `write` still gives that plain text, so it never overrides a canonical value that has changed since.
 */

const ID = 'xbox'

/** Stored name: the codec of the entry, if it is not the default one. */
export const FORM = '$form'
/** Stored name: the original texts of values. */
export const VERBATIM = '$spelled'
const PARTS: readonly Part[] = ['title', 'achievement', 'progress', 'summary']

/** Elements of these arrays are found by a member if it is unique, by index otherwise. */
const KEYS = new Map<unknown, string>([
  ['requirements', 'id'],
  ['titleAssociations', 'id'],
  ['mediaAssets', 'name'],
  ['rewards', 'type'],
])

/** At the path `at`, where the plain entry has `ours` or nothing, the document has `theirs`. */
export interface Difference {
  readonly at: Path
  readonly ours?: JsonValue
  readonly theirs: JsonValue
}

export function extensionOf(record: Canonical, part: Part): JsonObject {
  return record[part]?.extensions[ID] ?? {}
}

/** Returns the record with the differences between the entry and `plain`; `wire` is the entry as its schema normalises it. */
export function withExtensions(
  codec: EntryCodec,
  record: Canonical,
  entry: JsonObject,
  wire: JsonObject,
  plain: JsonObject,
): Canonical {
  const found: Difference[] = []
  collect(codec, entry, wire, plain, [], found)
  if (found.length === 0 && codec.mark === undefined) return record
  const { title, achievement, progress, summary } = record
  return {
    title: extended(codec, 'title', title, found),
    achievement: achievement && extended(codec, 'achievement', achievement, found),
    progress: progress && extended(codec, 'progress', progress, found),
    summary: summary && extended(codec, 'summary', summary, found),
  }
}

/** A part of the record with its own differences as its extension. */
function extended<Facts extends { readonly extensions: Extensions }>(
  codec: EntryCodec,
  part: Part,
  facts: Facts,
  found: readonly Difference[],
): Facts {
  const mine = found.filter(({ at }) => codec.partAt(at) === part)
  const mark = codec.mark?.part === part ? codec.mark : undefined
  if (mine.length === 0 && mark === undefined) return facts
  const members = mine.filter((difference) => isMember(codec, part, difference))
  const verbatim = mine.filter((difference) => !isMember(codec, part, difference))
  const extension: JsonObject = {
    ...(mark === undefined ? {} : { [FORM]: mark.name }),
    ...Object.fromEntries(members.map(({ at, theirs }) => [at.at(-1), theirs])),
    ...(verbatim.length > 0 ? { [VERBATIM]: verbatim as unknown as JsonValue } : {}),
  }
  return { ...facts, extensions: { [ID]: extension } }
}

/** The changes that one member of an extension makes in the plain entry of its record. */
export interface ExtensionMember {
  readonly part: Part
  readonly name: string
  readonly value: JsonValue
  readonly changes: readonly Difference[]
}

export function extensionMembers(codec: EntryCodec, record: Canonical): readonly ExtensionMember[] {
  return PARTS.flatMap((part) => {
    const basePath = codec.locations[part]
    return Object.entries(extensionOf(record, part)).flatMap(([name, value]) => {
      if (name === FORM) return []
      const member = basePath === undefined ? [] : [{ at: [...basePath, name], theirs: value }]
      const verbatim = Array.isArray(value) ? value.filter(isDifference) : []
      const changes = (name === VERBATIM ? verbatim : member).filter(({ at }) => codec.partAt(at) === part)
      return [{ part, name, value, changes }]
    })
  })
}

/** Collects the differences between an entry and ours; `wire` is the entry as its schema normalises it. */
function collect(
  codec: EntryCodec,
  entry: JsonValue | undefined,
  wire: JsonValue | undefined,
  ours: JsonValue,
  at: Path,
  found: Difference[],
): void {
  if (isJsonObject(wire) && isJsonObject(entry) && isJsonObject(ours)) {
    for (const name of Object.keys(entry)) {
      const value = entry[name] as JsonValue
      if (wire === entry && value === ours[name]) continue
      const [said, known] = [memberAt(wire, name), memberAt(ours, name)]
      const free = at.length === 0 && codec.free.has(name)
      if (known === undefined || (free && !sameJson(value, known)))
        found.push({ at: [...at, name], theirs: value })
      else if (!free && !isCanonicalForm(value, said, known))
        collect(codec, value, said, known, [...at, name], found)
    }
  } else if (Array.isArray(wire) && Array.isArray(ours) && wire.length === ours.length) {
    const steps = stepsTo(ours, at.at(-1))
    for (const [index, element] of ours.entries()) {
      const inner = (entry as readonly JsonValue[])[index]
      if (isCanonicalForm(inner, wire[index], element)) continue
      collect(codec, inner, wire[index], element, [...at, steps[index] as string | number], found)
    }
  } else if (!isLeftOut(wire, at) && !sameJson(wire, ours)) {
    found.push({ at, ours, theirs: withAllMembers(wire as JsonValue, entry) })
  }
}

/** Whether the entry is in canonical form: unchanged by its schema, and equal to ours. */
function isCanonicalForm(
  entry: JsonValue | undefined,
  wire: JsonValue | undefined,
  ours: JsonValue,
): boolean {
  return wire === ours || (entry === wire && sameJson(wire, ours))
}

/** The normalised value with every member of the entry: a schema loses a member named `__proto__`. */
function withAllMembers(wire: JsonValue, entry: JsonValue | undefined): JsonValue {
  if (Array.isArray(wire) && Array.isArray(entry)) {
    return wire.map((element, index) => withAllMembers(element, entry[index]))
  }
  if (!isJsonObject(wire) || !isJsonObject(entry)) return wire
  const members = Object.entries(entry).map(([name, value]) => {
    const known = memberAt(wire, name)
    return [name, known === undefined ? value : withAllMembers(known, value)]
  })
  return Object.fromEntries(members)
}

/** Null counts as absent, and absent members are written; but a `current` of null is a value. */
function isLeftOut(wire: JsonValue | undefined, at: Path): boolean {
  return wire === undefined || (wire === null && at.at(-1) !== 'current')
}

/** Whether a difference is a member of its own in the part's extension. */
function isMember(codec: EntryCodec, part: Part, { at, ours }: Difference): boolean {
  const basePath = codec.locations[part]
  const name = at.at(-1)
  return (
    basePath !== undefined &&
    ours === undefined &&
    at.length === basePath.length + 1 &&
    basePath.every((step, index) => step === at[index]) &&
    name !== FORM &&
    name !== VERBATIM
  )
}

/** The step to each element of a list: its key where no other element has that, else its index. */
export function stepsTo(
  list: readonly JsonValue[],
  parent: string | number | undefined,
): readonly (string | number)[] {
  const key = KEYS.get(parent)
  const keys = list.map((element) => keyOf(element, key))
  const counts = new Map<string | undefined, number>()
  for (const name of keys) counts.set(name, (counts.get(name) ?? 0) + 1)
  return keys.map((name, index) => (name !== undefined && counts.get(name) === 1 ? name : index))
}

function keyOf(element: JsonValue | undefined, key: string | undefined): string | undefined {
  const name = key !== undefined && isJsonObject(element) ? memberAt(element, key) : undefined
  return name === undefined || name === null ? undefined : String(name)
}

function memberAt(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

function isDifference(value: JsonValue): value is JsonValue & Difference {
  if (!isJsonObject(value) || memberAt(value, 'theirs') === undefined) return false
  const at = memberAt(value, 'at')
  return Array.isArray(at) && at.length > 0 && at.every((step) => ['string', 'number'].includes(typeof step))
}
