import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'

/** The members with a wanted name; most often there are none. One called `__proto__` is a member like any other. */
export function membersWhere(object: JsonObject, isWanted: (name: string) => boolean): JsonObject {
  let wanted: [string, JsonValue][] | undefined
  for (const name in object) {
    if (!isWanted(name)) continue
    wanted ??= []
    wanted.push([name, object[name] as JsonValue])
  }
  return wanted === undefined ? EMPTY_OBJECT : Object.fromEntries(wanted)
}

/** The members that are there of those named. */
export function membersNamed(object: JsonObject, names: readonly string[]): JsonObject {
  const named: Record<string, JsonValue> = {}
  for (const name of names) {
    const value = object[name]
    if (value !== undefined) named[name] = value
  }
  return named
}
