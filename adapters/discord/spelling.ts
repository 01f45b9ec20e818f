import { DecodeError } from '../../src/dialect/decode-error.ts'
import { NO_MEMBERS } from '../../src/dialect/nothing.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import type { Members } from './facts.ts'

/** What the extension remembers of an entry. Kept small: nothing for an entry as Discord itself writes it. */
export interface Memory {
  /** The shape, where it is not the default one. */
  readonly shape: JsonValue | undefined
  /** By fact, its members as they stood, where Discord itself would have written others. */
  readonly spelling: JsonObject
  /** Members that nobody modelled. */
  readonly members: JsonObject
}

export function readMemory(extension: JsonObject | undefined): Memory {
  const { shape, spelling, members } = extension ?? {}
  return {
    shape,
    spelling: isJsonObject(spelling) ? spelling : {},
    members: isJsonObject(members) ? members : {},
  }
}

/** The extension that remembers this; undefined where there is nothing to remember. */
export function writeMemory({ shape, spelling, members }: Memory): JsonObject | undefined {
  const extension: { shape?: JsonValue; spelling?: JsonObject; members?: JsonObject } = {}
  if (shape !== undefined) extension.shape = shape
  if (!isEmpty(spelling)) extension.spelling = spelling
  if (!isEmpty(members)) extension.members = members
  return isEmpty(extension) ? undefined : (extension as JsonObject)
}

function isEmpty(object: object): boolean {
  for (const name in object) if (Object.hasOwn(object, name)) return false
  return true
}

/** The facts of an entry that are not spelled as plainly as Discord itself would. */
export function oddSpelling<Facts>(
  entry: JsonObject,
  names: Readonly<Record<keyof Facts & string, readonly string[]>>,
  plain: Members<Facts>,
): JsonObject {
  const odd: [string, JsonObject][] = []
  for (const fact of Object.keys(names) as (keyof Facts & string)[]) {
    if (!isPlainly(entry, names[fact], plain[fact])) odd.push([fact, only(entry, names[fact])])
  }
  return odd.length === 0 ? NO_MEMBERS : Object.fromEntries(odd)
}

/** Whether an entry has these members as the plain ones are. */
function isPlainly(entry: JsonObject, members: readonly string[], plain: JsonObject): boolean {
  for (const name of members) if (!sameJson(entry[name], plain[name])) return false
  return true
}

export interface Spelled<Facts extends object> {
  readonly entry: JsonObject
  /** The facts that are spelled as they once stood. */
  readonly asRemembered: ReadonlySet<keyof Facts>
}

/** The plain members, but as they once stood wherever that still says the same. */
export function spell<Facts extends object>(
  facts: Facts,
  plain: Members<Facts>,
  spelling: JsonObject,
  read: (entry: JsonObject) => Facts,
): Spelled<Facts> {
  const names = Object.keys(plain) as (keyof Facts & string)[]
  const remembered = names.filter((fact) => isJsonObject(spelling[fact]))
  if (remembered.length === 0)
    return { entry: Object.assign({}, ...Object.values(plain)), asRemembered: NONE }
  const membersOf = (kept: readonly string[]) =>
    Object.fromEntries(
      names.flatMap((fact) =>
        Object.entries(kept.includes(fact) ? (spelling[fact] as JsonObject) : plain[fact]),
      ),
    )
  const meant = tryReading(read, membersOf(remembered))
  const same = remembered.filter((fact) => meant !== undefined && sameJson(meant[fact], facts[fact]))
  return { entry: membersOf(same), asRemembered: new Set(same) }
}

const NONE: ReadonlySet<never> = new Set()

/** Own members of an object by name. */
function only(entry: JsonObject, names: readonly string[]): JsonObject {
  const own = Object.keys(entry).filter((name) => names.includes(name))
  return Object.fromEntries(own.map((name) => [name, entry[name] as JsonValue]))
}

function tryReading<Facts extends object>(
  read: (entry: JsonObject) => Facts,
  entry: JsonObject,
): Facts | undefined {
  try {
    return read(entry)
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}
