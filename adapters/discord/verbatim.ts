import { DecodeError } from '../../src/dialect/decode-error.ts'
import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import { membersNamed } from './members.ts'

/** What the extension remembers of an entry. Kept small: nothing for an entry as Discord itself writes it. */
export interface Memory {
  /** The shape, where it is not the default one. */
  readonly shape: JsonValue | undefined
  /** By fact, its members as they stood, where Discord itself would have written others. */
  readonly verbatim: JsonObject
  /** Members that nobody modelled. */
  readonly members: JsonObject
}

export function readMemory(extension: JsonObject | undefined): Memory {
  const { shape, spelling: verbatim, members } = extension ?? EMPTY_OBJECT
  return {
    shape,
    verbatim: isJsonObject(verbatim) ? verbatim : EMPTY_OBJECT,
    members: isJsonObject(members) ? members : EMPTY_OBJECT,
  }
}

/** The extension that remembers this; undefined where there is nothing to remember. */
export function writeMemory({ shape, verbatim, members }: Memory): JsonObject | undefined {
  if (shape === undefined && verbatim === EMPTY_OBJECT && members === EMPTY_OBJECT) return undefined
  const extension: Record<string, JsonValue> = {}
  if (shape !== undefined) extension['shape'] = shape
  if (verbatim !== EMPTY_OBJECT) extension['spelling'] = verbatim
  if (members !== EMPTY_OBJECT) extension['members'] = members
  return extension
}

/** The members of each fact. */
type Names<Fact extends string> = Readonly<Record<Fact, readonly string[]>>

/** Facts of an entry with their members as they stand. */
export function verbatimOf<Fact extends string>(
  entry: JsonObject,
  odd: readonly Fact[],
  names: Names<Fact>,
): JsonObject {
  if (odd.length === 0) return EMPTY_OBJECT
  const verbatim: Record<string, JsonObject> = {}
  for (const fact of odd) verbatim[fact] = membersNamed(entry, names[fact])
  return verbatim
}

export interface Spelled<Facts extends object> {
  readonly entry: JsonObject
  /** The facts that are spelled as they once stood. */
  readonly fromVerbatim: ReadonlySet<keyof Facts>
}

/** The plain entry, but with members as they once stood wherever that still says the same. */
export function spell<Facts extends object>(
  facts: Facts,
  plain: JsonObject,
  verbatim: JsonObject,
  names: Names<keyof Facts & string>,
  read: (entry: JsonObject) => Facts,
): Spelled<Facts> {
  if (verbatim === EMPTY_OBJECT) return { entry: plain, fromVerbatim: NONE }
  const known = Object.keys(names) as (keyof Facts & string)[]
  const remembered = known.filter((fact) => isJsonObject(verbatim[fact]))
  const entryWith = (kept: readonly string[]) =>
    Object.fromEntries(
      known.flatMap((fact) =>
        Object.entries(
          kept.includes(fact) ? (verbatim[fact] as JsonObject) : membersNamed(plain, names[fact]),
        ),
      ),
    )
  const meant = tryReading(read, entryWith(remembered))
  const same = remembered.filter((fact) => meant !== undefined && sameJson(meant[fact], facts[fact]))
  return { entry: entryWith(same), fromVerbatim: new Set(same) }
}

const NONE: ReadonlySet<never> = new Set()

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
