import type { Generated } from 'kysely'
import type { Lifecycle } from '../../model/achievement.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Versioned } from '../versioned.ts'

export interface AchievementTable extends Versioned {
  title_id: string
  id: string
  list_order: number
  lifecycle: Lifecycle
  hidden: boolean
  tags: readonly string[]
  /** Of the stats that its requirements follow. */
  stat_codes: readonly string[]
  /** The sum of its gamerscore rewards. */
  score: bigint
  /** The other members of the definition. */
  definition: JsonObject
}

/** Definitions as each write stored them. */
export interface AchievementRevisionTable
  extends Pick<
    AchievementTable,
    'title_id' | 'list_order' | 'lifecycle' | 'hidden' | 'tags' | 'definition' | 'create_time' | 'update_time'
  > {
  achievement_id: string
  /** That of the achievement after the write. */
  revision: bigint
  time: bigint
  actor: string
  request_id: string
  /** By dialect. */
  ids: Readonly<Record<string, string>>
}

/** Applications of changed definitions to existing players. */
export interface BackfillTable {
  title_id: string
  achievement_id: string
  state: 'running' | 'done'
  silent: boolean
  reset_requirements: readonly string[]
  actor: string
  request_id: string
  /** Players up to this id are done. */
  last_player_id: Generated<string>
  player_count: Generated<bigint>
  unlock_count: Generated<bigint>
  create_time: bigint
  update_time: bigint
}

export interface AchievementIdTable {
  title_id: string
  dialect: string
  id: string
  achievement_id: string
}

/** Players who unlocked an achievement, without revoked unlocks: the sum of `unlock_change` of its events up to the position. */
export interface AchievementTotalTable {
  title_id: string
  achievement_id: string
  unlocked_count: bigint
}

/** One row: the highest event id that is counted. */
export interface UnlockPositionTable {
  position: bigint
}
