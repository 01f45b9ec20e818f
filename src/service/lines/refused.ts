import type { JsonObject } from '../../model/json.ts'
import { REASON_MEMBER } from '../../model/migration-job.ts'

/** UTF-16 units of a record that are stored if it is refused. */
const MAX_TEXT_LENGTH = 64 * 1024

/** A record that cannot be read. */
export interface Refused {
  /** The field, the expected value and the remedy: `percent: must be from 0 to 100, and is "abc"`. */
  readonly refusal: string
}

/** Returns the part of a record's text that is stored. */
export function shownText(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : text.slice(0, MAX_TEXT_LENGTH).toWellFormed()
}

const REASONS = new RegExp(`^${REASON_MEMBER}(_\\d+)?$`)

/** Returns a record without the reasons that a file of refusals adds to it. */
export function withoutReasons(record: JsonObject): JsonObject {
  const isReason = (name: string) => name.startsWith(REASON_MEMBER) && REASONS.test(name)
  if (!Object.keys(record).some(isReason)) return record
  return Object.fromEntries(Object.entries(record).filter(([name]) => !isReason(name)))
}
