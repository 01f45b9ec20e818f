import type { JsonValue } from '../../model/json.ts'
import { LIMITS } from '../../model/limits.ts'
import { isLongerThan } from '../../model/text-length.ts'
import { FieldError } from './field-error.ts'

const EXPECTED = `a text of 1 to ${LIMITS.id} characters, or an integer`
/** Control characters, which no caller can send in an id, the replacement character, which stands for a lost one, and spaces around the text. */
const LIKELY_DAMAGE = /[\p{Cc}\ufffd]|^\s|\s$/u

/** Returns the id in a value. Integers of any size are exact. */
export function readId(field: string, value: JsonValue | undefined): string {
  if (typeof value === 'string') {
    if (value !== '' && !isLongerThan(value, LIMITS.id) && !value.includes('\u0000')) return value
  } else if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    const text = String(value)
    if (text.length <= LIMITS.id) return text
  }
  throw new FieldError(field, EXPECTED, value)
}

/**
 * Returns the id of a player in another system's record. A player is created for an unknown id, so an id that was likely damaged on its way
 * is refused: it would be another player.
 */
export function readPlayerId(field: string, value: JsonValue | undefined): string {
  return requireUndamaged(field, readId(field, value))
}

export function requireUndamaged(field: string, id: string): string {
  if (isLikelyDamaged(id)) throw new FieldError(field, UNDAMAGED, id)
  return id
}

export const UNDAMAGED = 'a text without control characters, U+FFFD or surrounding spaces'

export function isLikelyDamaged(id: string): boolean {
  return LIKELY_DAMAGE.test(id)
}

/** Returns a reader of ids that are replaced if the map has them. */
export function mappedIdReader(
  field: string,
  ids: Readonly<Record<string, string>>,
): (value: JsonValue | undefined) => string {
  // A map, because an id may be that of an inherited member, such as `constructor`.
  const byTheirs = new Map(Object.entries(ids))
  if (byTheirs.size === 0) return (value) => readId(field, value)
  return (value) => {
    const id = readId(field, value)
    return byTheirs.get(id) ?? id
  }
}
