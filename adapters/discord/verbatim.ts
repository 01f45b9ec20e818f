import { tryReading } from '../../src/dialect/decode-error.ts'
import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import { membersNamed } from './members.ts'

/** Names in stored extensions, which must stay as they are; the code has other names for them. */
const STORED_VERBATIM = 'spelling'
const storedName = (fact: string) => (fact === 'completion' ? 'standing' : fact)

/** The content of the extension: empty for an entry in Discord's own format. */
export interface EntryExtension {
  /** The shape, if it is not the default one. */
  readonly shape: JsonValue | undefined
  /** By fact, its original members, if Discord's own format has others. */
  readonly verbatim: JsonObject
  /** Unknown members. */
  readonly members: JsonObject
}

export function readExtension(extension: JsonObject | undefined): EntryExtension {
  const { shape, [STORED_VERBATIM]: verbatim, members } = extension ?? EMPTY_OBJECT
  return {
    shape,
    verbatim: isJsonObject(verbatim) ? verbatim : EMPTY_OBJECT,
    members: isJsonObject(members) ? members : EMPTY_OBJECT,
  }
}

/** Returns the extension that stores it; undefined if there is nothing to store. */
export function writeExtension({ shape, verbatim, members }: EntryExtension): JsonObject | undefined {
  if (shape === undefined && verbatim === EMPTY_OBJECT && members === EMPTY_OBJECT) return undefined
  const extension: Record<string, JsonValue> = {}
  if (shape !== undefined) extension['shape'] = shape
  if (verbatim !== EMPTY_OBJECT) extension[STORED_VERBATIM] = verbatim
  if (members !== EMPTY_OBJECT) extension['members'] = members
  return extension
}

/** The members of each fact. */
type Names<Fact extends string> = Readonly<Record<Fact, readonly string[]>>

/** Returns the original members of some facts of an entry. */
export function verbatimOf<Fact extends string>(
  entry: JsonObject,
  unusual: readonly Fact[],
  names: Names<Fact>,
): JsonObject {
  if (unusual.length === 0) return EMPTY_OBJECT
  const verbatim: Record<string, JsonObject> = {}
  for (const fact of unusual) verbatim[storedName(fact)] = membersNamed(entry, names[fact])
  return verbatim
}

/** Returns the plain entry with the original members of each fact whose meaning is unchanged. */
export function writeVerbatim<Facts extends object>(
  facts: Facts,
  plain: JsonObject,
  verbatim: JsonObject,
  names: Names<keyof Facts & string>,
  read: (entry: JsonObject) => Facts,
): JsonObject {
  if (verbatim === EMPTY_OBJECT) return plain
  const known = Object.keys(names) as (keyof Facts & string)[]
  const stored = known.filter((fact) => isJsonObject(verbatim[storedName(fact)]))
  const entryWith = (original: readonly string[]) =>
    Object.fromEntries(
      known.flatMap((fact) =>
        Object.entries(
          original.includes(fact)
            ? (verbatim[storedName(fact)] as JsonObject)
            : membersNamed(plain, names[fact]),
        ),
      ),
    )
  const meant = tryReading(() => read(entryWith(stored)))
  const same = stored.filter((fact) => meant !== undefined && sameJson(meant[fact], facts[fact]))
  return entryWith(same)
}
