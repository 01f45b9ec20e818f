import type { Generated } from 'kysely'
import type { AuditResourceType } from '../../model/audit.ts'

/** One row for each administrative change. A row of a deleted player has a digest of its id. */
export interface AuditEntryTable {
  id: Generated<bigint>
  time: bigint
  actor: string
  operation: string
  resource_type: AuditResourceType
  title_id: string
  resource_id: string
  player_id: string
  request_id: string
  reason: string
  /** Text of JSON. */
  before: string | null
  after: string | null
  record_omitted: boolean
}
