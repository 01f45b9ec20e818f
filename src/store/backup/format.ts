import { createHash } from 'node:crypto'

/** The first line of a backup. The README describes the format. */
export interface BackupHeader {
  readonly format: typeof FORMAT
  readonly formatVersion: number
  /** The versions of the programs that wrote it. */
  readonly laurelVersion: string
  readonly postgresVersion: string
  /** Of the snapshot, by the database's clock: RFC 3339. */
  readonly createTime: string
  /** All events up to this id are in the backup, or were purged before. */
  readonly eventPosition: string
  readonly migrations: readonly string[]
  readonly tables: readonly BackupTable[]
}

export interface BackupTable {
  readonly name: string
  readonly columns: readonly string[]
}

/** The line after the rows of a table. */
export interface TableTotals {
  readonly table: string
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/** The last line. */
export interface BackupTrailer {
  readonly end: true
  /** Of the header's line and the totals' lines. */
  readonly sha256: string
}

export interface BackupSummary {
  readonly header: BackupHeader
  readonly totals: readonly TableTotals[]
}

export const FORMAT = 'laurel-backup'
export const FORMAT_VERSION = 1
/** The line after the last row of a table: no row is equal to it, because COPY writes a backslash as two. */
export const END_OF_ROWS = '\\.'

const NEWLINE = 10

/** For the operator: says the problem and the remedy. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
}

/** Counts and digests the rows of a table. */
export class TableDigest {
  readonly #hash = createHash('sha256')
  #rows = 0
  #bytes = 0

  update(rows: Uint8Array): void {
    this.#hash.update(rows)
    this.#bytes += rows.length
    for (let at = rows.indexOf(NEWLINE); at !== -1; at = rows.indexOf(NEWLINE, at + 1)) this.#rows += 1
  }

  totals(table: string): TableTotals {
    return { table, rows: this.#rows, bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }
}

export function rowCountOf({ totals }: BackupSummary): number {
  return totals.reduce((sum, { rows }) => sum + rows, 0)
}
