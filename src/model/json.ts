/** Exact JSON: an integer beyond 2^53 is a bigint, never a rounded number. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject

export interface JsonObject {
  readonly [member: string]: JsonValue
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Returns whether two values are equal as JSON: members in any order, an undefined member equal to an absent one. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false
    for (let index = 0; index < left.length; index += 1)
      if (!sameJson(left[index], right[index])) return false
    return true
  }
  if (Array.isArray(right)) return false
  return sameMembers(left as Members, right as Members, sameJson)
}

type Members = Readonly<Record<string, unknown>>

/**
 * Returns whether two objects have the same members, in any order, an undefined member equal to an absent one. An identical
 * value needs no check for ownership: no JSON value is identical to an inherited member.
 */
function sameMembers(
  left: Members,
  right: Members,
  isSame: (left: unknown, right: unknown) => boolean,
): boolean {
  for (const name in left) {
    if (!Object.is(left[name], right[name]) && !isSame(own(left, name), own(right, name))) return false
  }
  for (const name in right) {
    if (!Object.is(left[name], right[name]) && !Object.hasOwn(left, name)) return false
  }
  return true
}

/** Returns an own member: a document may have a member `__proto__`, which is inherited otherwise. */
function own(value: Members, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined
}
