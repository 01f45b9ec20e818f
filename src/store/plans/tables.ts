import type { Generated } from 'kysely'
import type { JsonObject } from '../../model/json.ts'
import type { PlanCounts, PlanSource } from '../../model/plan.ts'

export interface PlanTable {
  title_id: string
  id: string
  source: PlanSource
  source_id: string
  stamp: string
  actor: string
  create_time: bigint
  apply_time: bigint | null
  counts: PlanCounts
  kept_unlock_count: Generated<bigint>
  /** The size of the definitions of its changes. */
  bytes: Generated<number>
}

export interface PlanChangeTable {
  title_id: string
  plan_id: string
  achievement_id: string
  /** Null for a new achievement. */
  before: JsonObject | null
  /** Null for an achievement that is deleted. */
  after: JsonObject | null
  /** The `CONTENT_HASH` of the achievement right after the plan was applied. Null before that, and for a deleted achievement. */
  applied_hash: bigint | null
}
