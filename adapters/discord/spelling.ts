import { DecodeError } from '../../src/dialect/decode-error.ts'
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
  const extension = {
    ...(shape === undefined ? {} : { shape }),
    ...(Object.keys(spelling).length === 0 ? {} : { spelling }),
    ...(Object.keys(members).length === 0 ? {} : { members }),
  }
  return Object.keys(extension).length === 0 ? undefined : extension
}

/** The facts of an entry that are not spelled as plainly as Discord itself would. */
export function oddSpelling<Facts>(
  entry: JsonObject,
  names: Readonly<Record<keyof Facts & string, readonly string[]>>,
  plain: Members<Facts>,
): JsonObject {
  const odd = Object.entries<readonly string[]>(names).flatMap(([fact, members]) => {
    const written = only(entry, members)
    return sameJson(written, plain[fact as keyof Facts]) ? [] : [[fact, written] as const]
  })
  return Object.fromEntries(odd)
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

/** Own members of an object by name. */
function only(entry: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([name]) => names.includes(name)))
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
