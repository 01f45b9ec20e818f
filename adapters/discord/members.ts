import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'

/** The members whose name passes; usually none. A member called `__proto__` is one like any other. */
export function membersWhere(object: JsonObject, passes: (name: string) => boolean): JsonObject {
  let found: [string, JsonValue][] | undefined
  for (const name in object) {
    if (!passes(name)) continue
    found ??= []
    found.push([name, object[name] as JsonValue])
  }
  return found === undefined ? EMPTY_OBJECT : Object.fromEntries(found)
}

/** The named members that are present. */
export function membersNamed(object: JsonObject, names: readonly string[]): JsonObject {
  const named: Record<string, JsonValue> = {}
  for (const name of names) {
    const value = object[name]
    if (value !== undefined) named[name] = value
  }
  return named
}
