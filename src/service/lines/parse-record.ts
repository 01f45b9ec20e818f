import { DecodeError } from '../../dialect/decode-error.ts'
import { JsonSyntaxError, MAX_DEPTH, parseJson } from '../../dialect/json-text.ts'
import { formatPath } from '../../dialect/losses.ts'
import type { JsonValue } from '../../model/json.ts'
import type { Refused } from './refused.ts'

/** The value of a text, or why it has none. */
export type ParsedJson = { readonly json: JsonValue } | Refused

/** Parses the JSON of one record. */
export function parseRecord(text: string, maxDepth = MAX_DEPTH): ParsedJson {
  try {
    return { json: parseJson(text, Number.POSITIVE_INFINITY, maxDepth) }
  } catch (error) {
    if (error instanceof JsonSyntaxError)
      return { refusal: `the record is not JSON: column ${error.column}: ${error.problem}` }
    if (error instanceof DecodeError) return { refusal: `${formatPath(error.path)}: ${error.problem}` }
    throw error
  }
}
