import { DecodeError, readAs, type Schema } from '../../src/dialect/decode-error.ts'
import type { Path } from '../../src/dialect/losses.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'

/** An object read as Go's encoding/json reads it: its members are known by name without regard to case. */
export interface Members {
  /** The members that are known, by the names of the schema. */
  readonly known: JsonObject
  /** The rest, as it was spelled. */
  readonly unknown: JsonObject
  /** The name of a known member as the object has it. */
  path(name: string): Path
}

/** The names of a schema's members, to be found in any case. */
export type MemberNames = ReadonlyMap<string, string>

/** Both usual spellings are there as they stand, so that only unusual ones have to be folded. */
export function memberNames(schema: { readonly shape: object }): MemberNames {
  const names = Object.keys(schema.shape)
  return new Map(
    names.flatMap((name) => [name, restName(name), name.toLowerCase()].map((key) => [key, name])),
  )
}

export function findName(names: MemberNames, key: string): string | undefined {
  return names.get(key) ?? names.get(key.toLowerCase())
}

/** @throws DecodeError for a member that is there twice in different case, because either could be meant. */
export function foldMembers(object: JsonObject, names: MemberNames): Members {
  return isFolded(object, names) ? { known: object, unknown: {}, path: asPath } : fold(object, names)
}

/** Whether every member is spelled by the name that it is asked for. */
function isFolded(object: JsonObject, names: MemberNames): boolean {
  for (const key of Object.keys(object)) if (names.get(key) !== key) return false
  return true
}

function asPath(name: string): Path {
  return [name]
}

function fold(object: JsonObject, names: MemberNames): Members {
  const verbatim = new Map<string, string>()
  const known: [string, JsonValue][] = []
  const unknown: [string, JsonValue][] = []
  for (const [key, value] of Object.entries(object)) {
    const name = findName(names, key)
    if (name === undefined) {
      unknown.push([key, value])
      continue
    }
    const other = verbatim.get(name)
    if (other !== undefined)
      throw new DecodeError([key], `expected one member ${name}, but ${other} is there as well`)
    verbatim.set(name, key)
    known.push([name, value])
  }
  return {
    known: Object.fromEntries(known),
    unknown: Object.fromEntries(unknown),
    path: (name) => [verbatim.get(name) ?? name],
  }
}

/** @throws DecodeError with the path as the object spells it. */
export function readMembers<Output>(schema: Schema<Output>, members: Members, base: Path = []): Output {
  try {
    return readAs(schema, members.known)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const [first, ...rest] = error.path
    throw new DecodeError([...base, ...members.path(String(first)), ...rest], error.problem)
  }
}

/** A member's name in REST: `AchievementCode` is `achievementCode`. */
export function restName(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1)
}
