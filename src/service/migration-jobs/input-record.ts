import type { MappedRecord } from '../../model/migration-mapping.ts'
import type { Refused } from '../lines/refused.ts'

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
