import type { Generated } from 'kysely'
import type { JsonObject } from '../../model/json.ts'
import type { MigrationConflictKind, MigrationState, PullState } from '../../model/migration-job.ts'
import type { ProgressTable } from '../progress/tables.ts'

export interface MigrationJobTable {
  title_id: string
  id: string
  mapping: JsonObject
  deliveries_per_second: number
  max_refusals: bigint
  state: MigrationState
  pause_reason: Generated<string>
  record_count: Generated<bigint>
  new_count: Generated<bigint>
  changed_count: Generated<bigint>
  unchanged_count: Generated<bigint>
  skipped_count: Generated<bigint>
  refused_count: Generated<bigint>
  conflict_count: Generated<bigint>
  part_count: Generated<bigint>
  actor: string
  create_time: bigint
  update_time: bigint
  run_count: Generated<number>
  /** Of the records of all runs, the current one included. */
  latest_update_time: Generated<bigint | null>
  /** Of the records of the runs that have ended. */
  watermark: Generated<bigint | null>
  overlap: bigint
  older_count: Generated<bigint>
  lazy_source: JsonObject | null
}

/** How far a job has read an input. */
export interface MigrationSourceTable {
  title_id: string
  job_id: string
  name: string
  position: Generated<bigint>
  /** The header of a table, which a later call does not read. */
  header: Generated<string>
  record_count: Generated<bigint>
  done: Generated<boolean>
}

/** The versions that the parts of a job gave to the rows that they wrote. */
export interface MigrationPartTable {
  version: bigint
  title_id: string
  job_id: string
  time: bigint
}

export interface MigrationRefusalTable {
  title_id: string
  job_id: string
  source: string
  position: bigint
  ordinal: number
  record: string
  reason: string
}

export interface MigrationConflictTable {
  player_id: string
  title_id: string
  job_id: string
  achievement_id: string
  kind: MigrationConflictKind
  theirs: string
  ours: string
}

/** Players by ids of a job's input. */
export interface MigrationIdentityTable {
  title_id: string
  job_id: string
  id: string
  player_id: string
}

/** Progress before a job first changed it. */
export interface MigrationUndoTable extends Omit<ProgressTable, 'version' | 'migration_version'> {
  job_id: string
  /** The job that wrote it; null if it was changed otherwise since, or written by no job. */
  former_job_id: string | null
}

/** A stat before a job first changed it; `former` is null if the player had no value. */
export interface MigrationStatUndoTable {
  player_id: string
  title_id: string
  job_id: string
  code: string
  former: number | null
  written: number
}

/** Players whose progress a job reads from its lazy source. */
export interface MigrationPullTable {
  player_id: string
  title_id: string
  job_id: string
  state: PullState
  attempts: number
  next_time: bigint
}

/** Progress that an operator has reset; an empty achievement means all of the title. */
export interface MigrationResetTable {
  player_id: string
  title_id: string
  achievement_id: string
}

/** Rises with each part of any job, because parts write no events of players. */
export interface TitleImportTable {
  title_id: string
  part_count: bigint
}
