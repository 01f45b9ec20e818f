import type { MappedRecord } from '../../model/migration-mapping.ts'

/** One record of an input, mapped or refused. */
export interface InputRecord {
  /** The record as it stands in the input, without the line break; at most 64 KiB of it. Goes to the file of refusals. */
  readonly text: string
  /** The position in bytes of the decompressed input right after the record. Reading continues there. */
  readonly end: number
  /** A player's document has any number of records; an empty line has none. */
  readonly records: readonly (MappedRecord | Refused)[]
}

/** A record that cannot be mapped. */
export interface Refused {
  /** The field, what was expected and what to do: `percent: must be from 0 to 100, and is "abc"`. */
  readonly refusal: string
}
