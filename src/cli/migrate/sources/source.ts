/** An input of a migration job. */
export interface MigrationSource {
  /** The same each time: the job stores the position in the input by it. */
  readonly name: string
  /** Bytes after decompression; undefined if it is unknown. */
  readonly size: number | undefined
  /** Whether it must be read from its beginning: the job skips the records that it has. */
  readonly isReadWhole: boolean
  /** Reads the bytes after decompression, from a position on. */
  open(position: number, signal: AbortSignal): AsyncIterable<Uint8Array>
}
