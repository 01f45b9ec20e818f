import type { Generated } from 'kysely'
import type { JsonObject } from '../../model/json.ts'

export interface ProgressTable {
  player_id: string
  title_id: string
  achievement_id: string
  state: 'not_started' | 'in_progress' | 'achieved'
  /** By requirement id: text for an integer, a number for a double. */
  values: JsonObject
  reported_percent: number
  percent: number
  unlock_time: bigint | null
  unlock_precision: 'exact' | 'reported' | 'imported' | 'unknown' | null
  first_report_time: bigint | null
  last_report_time: bigint | null
  /** The start of the window in which the values were reported. */
  window_start: bigint | null
  revoked: boolean
  writer: string
  extensions: JsonObject
  /**
   * Rises with each change, for optimistic concurrency. A row that is deleted and inserted again never repeats one: see
   * `FIRST_VERSION`.
   */
  version: Generated<bigint>
  /** The version that a part of a migration job gave the row, which has not changed since if both are equal. */
  migration_version: Generated<bigint | null>
}
