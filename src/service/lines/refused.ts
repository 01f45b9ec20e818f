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
