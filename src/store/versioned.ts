import type { Generated } from 'kysely'

/** The columns of records that callers update. */
export interface Versioned {
  create_time: bigint
  update_time: bigint
  /** The etag: counts writes, from the time at which the row was inserted. */
  revision: Generated<bigint>
}
