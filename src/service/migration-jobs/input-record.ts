import type { MappedRecord } from '../../model/migration-mapping.ts'

/** UTF-16 units of a record that are stored if it is refused. */
const MAX_TEXT_LENGTH = 64 * 1024

/** One record of an input, mapped or refused. */
export interface InputRecord {
  /** The record as it stands in the input, without the line break; at most 64 KiB of it. Goes to the file of refusals. */
  readonly text: string
  /**
   * The position in bytes of the decompressed input right after the record. Reading continues there. Of a dialect's document, the number
   * of entries read: reading begins at the start again and skips them.
   */
  readonly end: number
  /** A player's document has any number of records; an empty line has none. */
  readonly records: readonly (MappedRecord | Refused)[]
  /** Where the reader of a live source continues after the record; undefined if the input has positions alone. */
  readonly cursor?: string
}

/** A record that cannot be mapped. */
export interface Refused {
  /** The field, the expected value and the remedy: `percent: must be from 0 to 100, and is "abc"`. */
  readonly refusal: string
}

/** Where reading begins. */
export interface InputStart {
  /** The `end` of the last record that was read; 0 at the start. */
  readonly position: number
  /** The header that was read; empty at the start, and for formats without one. */
  readonly header: string
}

/** Records that were read together, and the header to continue with after any of them. */
export interface InputBatch {
  readonly header: string
  readonly records: readonly InputRecord[]
}

/** Returns the part of a record's text that is stored. */
export function shownText(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : text.slice(0, MAX_TEXT_LENGTH).toWellFormed()
}
