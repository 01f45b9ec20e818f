/** An input of a migration job. */
export interface MigrationSource {
  /** The same each time: the job stores the position in the input by it. At most 512 characters. */
  readonly name: string
  /** Begins the names of all versions of the input, if its name has a version: a job reads one version of it. */
  readonly versionsOf?: string
  /** Bytes after decompression; undefined if it is unknown. */
  readonly size: number | undefined
  /** Whether reading the source to its end gives its size; false if a version identifies it. */
  readonly isMeasurable?: boolean
  /** Whether it must be read from its beginning: the job skips the records that it has. */
  readonly isReadWhole: boolean
  /**
   * Reads the bytes after decompression, from a position on. A live source begins at the cursor that it wrote last; empty for its start.
   * @throws Failure if that is not possible, with the remedy
   */
  open(position: number, signal: AbortSignal, cursor: string): AsyncIterable<Uint8Array>
}
