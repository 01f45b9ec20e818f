import type { Canonical } from '../../src/dialect/adapter.ts'
import type { Path } from '../../src/dialect/losses.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import type { Form, Part } from './form.ts'

/*
 * An extension holds the difference between an entry and what its record alone would be written as:
 * members that nobody modelled under their own name, and under SPELLED the places where the entry says the
 * same thing in another spelling, each with what we would write there. A spelling is put back only where we
 * still would write that, so it never stands against a canonical value that has changed since.
 */

const ID = 'xbox'

/** The form of the entry, when it is not the default one. */
export const FORM = '$form'
/** Where the entry spells a value in another way. */
export const SPELLED = '$spelled'
const PARTS: readonly Part[] = ['title', 'achievement', 'progress', 'summary']

/** In arrays, elements are found by these members where they are unique, by index otherwise. */
const KEYS = new Map<unknown, string>([
  ['requirements', 'id'],
  ['titleAssociations', 'id'],
  ['mediaAssets', 'name'],
  ['rewards', 'type'],
])

/** At `at`, where the plain entry has `ours` or nothing, the document has `theirs`. */
export interface Difference {
  readonly at: Path
  readonly ours?: JsonValue
  readonly theirs: JsonValue
}

export function extensionOf(record: Canonical, part: Part): JsonObject {
  return record[part]?.extensions[ID] ?? {}
}

/** The record with what `plain` leaves out of the entry; `wire` is the entry as its schema spells it. */
export function withExtensions(
  form: Form,
  record: Canonical,
  entry: JsonObject,
  wire: JsonObject,
  plain: JsonObject,
): Canonical {
  const found = differences(form, entry, wire, plain, [])
  if (found.length === 0 && form.mark === undefined) return record
  const extended = PARTS.map((part) => {
    const mine = found.filter(({ at }) => form.partAt(at) === part)
    const members = mine.filter((difference) => isMember(form, part, difference))
    const spelled = mine.filter((difference) => !isMember(form, part, difference))
    const extension: JsonObject = {
      ...(form.mark?.part === part ? { [FORM]: form.mark.name } : {}),
      ...Object.fromEntries(members.map(({ at, theirs }) => [at.at(-1), theirs])),
      ...(spelled.length > 0 ? { [SPELLED]: spelled as unknown as JsonValue } : {}),
    }
    const facts = record[part]
    const empty = facts === undefined || Object.keys(extension).length === 0
    return [part, empty ? facts : { ...facts, extensions: { [ID]: extension } }] as const
  })
  return Object.fromEntries(extended) as unknown as Canonical
}

/** What one member of an extension would change in the plain entry of its record. */
export interface Memory {
  readonly part: Part
  readonly name: string
  readonly value: JsonValue
  readonly changes: readonly Difference[]
}

export function memoriesOf(form: Form, record: Canonical): readonly Memory[] {
  return PARTS.flatMap((part) =>
    Object.entries(extensionOf(record, part))
      .filter(([name]) => name !== FORM)
      .map(([name, value]) => {
        const place = form.places[part]
        const member = place === undefined ? [] : [{ at: [...place, name], theirs: value }]
        const spelled = Array.isArray(value) ? value.filter(isDifference) : []
        const changes = (name === SPELLED ? spelled : member).filter(({ at }) => form.partAt(at) === part)
        return { part, name, value, changes }
      }),
  )
}

/** The entry with a difference put back; undefined where that no longer fits. */
export function putBack(
  form: Form,
  entry: JsonObject,
  { at, ours, theirs }: Difference,
): JsonObject | undefined {
  const [top] = at
  if (at.length === 1 && form.free.has(String(top))) return { ...entry, [String(top)]: theirs }
  return replaced(entry, at, ours, theirs) as JsonObject | undefined
}

function differences(
  form: Form,
  entry: JsonValue | undefined,
  wire: JsonValue | undefined,
  ours: JsonValue,
  at: Path,
): readonly Difference[] {
  if (wire === ours) return NONE
  if (isJsonObject(wire) && isJsonObject(entry) && isJsonObject(ours)) {
    return Object.entries(entry).flatMap(([name, value]): readonly Difference[] => {
      const [said, known] = [memberAt(wire, name), memberAt(ours, name)]
      const free = at.length === 0 && form.free.has(name)
      if (known === undefined || (free && !sameJson(value, known)))
        return [{ at: [...at, name], theirs: value }]
      return free || said === known ? NONE : differences(form, value, said, known, [...at, name])
    })
  }
  if (Array.isArray(wire) && Array.isArray(ours) && wire.length === ours.length) {
    const key = KEYS.get(at.at(-1))
    return ours.flatMap((element, index) => {
      const inner = (entry as readonly JsonValue[])[index]
      return differences(form, inner, wire[index], element, [...at, stepTo(ours, index, key)])
    })
  }
  if (isLeftOut(wire, at) || sameJson(wire, ours)) return NONE
  return [{ at, ours, theirs: spelledAs(wire as JsonValue, entry) }]
}

const NONE: readonly Difference[] = []

/** What the wire says, with every member of the entry: a schema loses one that is named `__proto__`. */
function spelledAs(wire: JsonValue, entry: JsonValue | undefined): JsonValue {
  if (Array.isArray(wire) && Array.isArray(entry)) {
    return wire.map((element, index) => spelledAs(element, entry[index]))
  }
  if (!isJsonObject(wire) || !isJsonObject(entry)) return wire
  const members = Object.entries(entry).map(([name, value]) => {
    const known = memberAt(wire, name)
    return [name, known === undefined ? value : spelledAs(known, value)]
  })
  return Object.fromEntries(members)
}

/** Null counts as left out, and what is left out is written; but a `current` of null is an answer. */
function isLeftOut(wire: JsonValue | undefined, at: Path): boolean {
  return wire === undefined || (wire === null && at.at(-1) !== 'current')
}

/** Whether a difference is a member of its own in the part's extension. */
function isMember(form: Form, part: Part, { at, ours }: Difference): boolean {
  const place = form.places[part]
  const name = at.at(-1)
  return (
    place !== undefined &&
    ours === undefined &&
    at.length === place.length + 1 &&
    place.every((step, index) => step === at[index]) &&
    name !== FORM &&
    name !== SPELLED
  )
}

function replaced(
  value: JsonValue,
  [step, ...rest]: Path,
  ours: JsonValue | undefined,
  theirs: JsonValue,
  parent?: string | number,
): JsonValue | undefined {
  if (step === undefined) return ours !== undefined && sameJson(value, ours) ? theirs : undefined
  if (Array.isArray(value)) {
    const list: readonly JsonValue[] = value
    const place = list.findIndex((_, index) => stepTo(list, index, KEYS.get(parent)) === step)
    const element = list[place] === undefined ? undefined : replaced(list[place], rest, ours, theirs)
    return element === undefined ? undefined : list.with(place, element)
  }
  if (!isJsonObject(value)) return undefined
  const known = memberAt(value, String(step))
  const fits = rest.length === 0 && ours === undefined
  const member = known === undefined ? (fits ? theirs : undefined) : replaced(known, rest, ours, theirs, step)
  return member === undefined ? undefined : { ...value, [step]: member }
}

function stepTo(list: readonly JsonValue[], index: number, key: string | undefined): string | number {
  const name = keyOf(list[index], key)
  const unique = list.filter((element) => keyOf(element, key) === name).length === 1
  return name !== undefined && unique ? name : index
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
