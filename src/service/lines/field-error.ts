import type { JsonValue } from '../../model/json.ts'

const MAX_SHOWN_CHARACTERS = 60

/** A field of a record that cannot be mapped: `percent: must be a number from 0 to 100, and is "abc"`. */
export class FieldError extends Error {
  override readonly name = 'FieldError'

  /** @param expected the accepted values, as in "must be ..." */
  constructor(field: string, expected: string, found: JsonValue | undefined) {
    super(`${field}: must be ${expected}, and is ${describeValue(found)}`)
  }
}

function describeValue(value: JsonValue | undefined): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'object') return Array.isArray(value) ? `a list of ${value.length}` : 'an object'
  if (typeof value !== 'string') return shorten(String(value))
  return value === '' ? 'empty' : JSON.stringify(shorten(value))
}

function shorten(text: string): string {
  if (text.length <= MAX_SHOWN_CHARACTERS) return text
  return `${text.slice(0, MAX_SHOWN_CHARACTERS).toWellFormed()}…`
}
