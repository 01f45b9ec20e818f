import type { Generated, Selectable } from 'kysely'
import type { EventKind } from '../model/event.ts'
import type { JsonObject } from '../model/json.ts'
import type { ProgressState } from '../model/progress.ts'
import type {
  AchievementIdTable,
  AchievementRevisionTable,
  AchievementTable,
  AchievementTotalTable,
  BackfillTable,
  UnlockPositionTable,
} from './achievements/tables.ts'
import type { AuditEntryTable } from './audit/tables.ts'
import type {
  DeliveryQueueTable,
  DeliveryTable,
  DestinationFlowTable,
  DestinationTable,
  SentPercentTable,
} from './destinations/tables.ts'
import type {
  MigrationConflictTable,
  MigrationIdentityTable,
  MigrationJobTable,
  MigrationPartTable,
  MigrationPullTable,
  MigrationRefusalTable,
  MigrationResetTable,
  MigrationSourceTable,
  MigrationStatUndoTable,
  MigrationUndoTable,
  TitleImportTable,
} from './migration-jobs/tables.ts'
import type { PlanChangeTable, PlanTable } from './plans/tables.ts'
import type { ProgressTable } from './progress/tables.ts'
import type { Versioned } from './versioned.ts'

/**
 * The tables. Instants are bigint: 100 ns ticks since 1970. Tables of players have `player_id` first in their keys, so that a
 * distributed database can shard by it; the others are small and can be copied to each node.
 */
export interface Tables {
  titles: TitleTable
  title_bindings: TitleBindingTable
  title_names: TitleNameTable
  achievements: AchievementTable
  achievement_ids: AchievementIdTable
  achievement_revisions: AchievementRevisionTable
  stats: StatTable
  definition_requests: DefinitionRequestTable
  plans: PlanTable
  plan_changes: PlanChangeTable
  images: ImageTable
  players: PlayerTable
  accounts: AccountTable
  account_keys: AccountTable
  player_tombstones: PlayerTombstoneTable
  player_aliases: PlayerAliasTable
  player_titles: PlayerTitleTable
  progress: ProgressTable
  stat_values: StatValueTable
  backfills: BackfillTable
  community_progress: CommunityProgressTable
  contributions: ContributionTable
  achievement_totals: AchievementTotalTable
  unlock_position: UnlockPositionTable
  events: EventTable
  event_marks: EventMarkTable
  restores: RestoreTable
  player_requests: PlayerRequestTable
  destinations: DestinationTable
  destination_flows: DestinationFlowTable
  delivery_queues: DeliveryQueueTable
  deliveries: DeliveryTable
  sent_percents: SentPercentTable
  audit_entries: AuditEntryTable
  migration_jobs: MigrationJobTable
  migration_sources: MigrationSourceTable
  migration_parts: MigrationPartTable
  migration_pulls: MigrationPullTable
  migration_resets: MigrationResetTable
  migration_refusals: MigrationRefusalTable
  migration_conflicts: MigrationConflictTable
  migration_identities: MigrationIdentityTable
  migration_undo: MigrationUndoTable
  migration_stat_undo: MigrationStatUndoTable
  title_imports: TitleImportTable
  record_imports: RecordImportTable
}

interface TitleTable extends Versioned {
  id: string
  display_name: string
  default_locale: string
  extensions: JsonObject
  mask_hidden_in_gateways: Generated<boolean>
}

/** Ids of titles in dialects: each belongs to one title. */
interface TitleBindingTable {
  dialect: string
  name: string
  value: string
  title_id: string
}

/** A row to lock for each text that has been a title's id or binding: see `title-bindings.ts`. Rows are never deleted. */
interface TitleNameTable {
  name: string
}

interface StatTable extends Versioned {
  title_id: string
  code: string
  display_name: string
  default_value: number
  minimum: number | null
  maximum: number | null
  increment_only: boolean
  set_by: 'client' | 'server'
  extensions: Generated<JsonObject>
}

/** First responses to mutations of definitions and of player records. */
interface DefinitionRequestTable extends DigestColumn {
  request_id: string
  /** `title:ID` or `player:ID`. */
  scope: Generated<string>
  /** A `callerKey`. */
  caller: Generated<string>
  response: string | null
  create_time: bigint
}

/** Images, stored once each and never updated. */
interface ImageTable {
  /** A digest of the bytes: 32 hexadecimal digits. */
  hash: string
  format: 'png' | 'jpeg' | 'gif' | 'webp'
  bytes: Uint8Array
  create_time: bigint
  /** Of the last upload, or of the last search that found a definition with the image. */
  use_time: bigint
}

interface PlayerTable extends Versioned {
  id: string
  display_name: string
}

/** The accounts of players. On a cluster, `accounts` is sharded by the player, and `account_keys` by the account. */
interface AccountTable {
  dialect: string
  id: string
  player_id: string
}

/** A deleted player, or one of its accounts. No personal data. */
interface PlayerTombstoneTable {
  /** SHA-256 of a `TombstoneKey`. */
  digest: Buffer
  create_time: bigint
}

/** A player who was merged into another. */
interface PlayerAliasTable {
  /** The absorbed id. */
  id: string
  player_id: string
  actor: string
  reason: string
  create_time: bigint
}

/**
 * One player in one title, with the totals. The row is the lock of changes that concern several achievements. It is written only
 * when totals change.
 */
interface PlayerTitleTable {
  player_id: string
  title_id: string
  unlocked_count: Generated<number>
  score: Generated<bigint>
  last_unlock_time: bigint | null
  /** By dialect, members that documents have beside the totals. */
  extensions: Generated<JsonObject>
}

interface StatValueTable {
  player_id: string
  title_id: string
  code: string
  value: number
  create_time: bigint
  update_time: bigint
}

/** The shared progress on a community achievement. Values are exact decimals, as text. */
interface CommunityProgressTable {
  title_id: string
  achievement_id: string
  value: string
  unlock_time: bigint | null
  create_time: bigint
  update_time: bigint
}

interface ContributionTable {
  player_id: string
  title_id: string
  achievement_id: string
  value: string
  claim_time: bigint | null
  create_time: bigint
  update_time: bigint
}

/**
 * One row for each change, written in the change's own transaction. An event of a definition has an empty player id. Events of
 * progress have more columns: the progress after the change, and `caller`, `digest` and `missing` if the event is also the
 * stored response to a request (see `progress-changes.ts`).
 */
interface EventTable {
  player_id: string
  id: Generated<bigint>
  title_id: string
  achievement_id: string
  kind: EventKind
  time: bigint
  state: ProgressState
  percent: number
  unlock_time: bigint | null
  actor: string
  reason: string
  request_id: string
}

/** First responses to mutations of players' progress and stats, except reports that changed progress: their events are. */
interface PlayerRequestTable extends DigestColumn {
  player_id: string
  request_id: string
  /** A `callerKey`. */
  caller: Generated<string>
  response: string | null
  create_time: bigint
}

/** The highest event id at a time. Events up to the oldest mark are deleted. */
interface EventMarkTable {
  position: bigint
  time: bigint
}

/** A restore of the database from a backup. Rows are never deleted. */
interface RestoreTable {
  /** The last event id when the restore ended. Ids between the two positions belong to events that are lost, or to none. */
  position: bigint
  /** The backup has all events up to this id. */
  backup_position: bigint
  backup_time: bigint
  time: bigint
}

/** An export that is imported, or was. Rows are never deleted. */
interface RecordImportTable {
  /** That of the export's first line. */
  id: string
  /** The lines that are imported. */
  line_count: bigint
  /** SHA-256 of these lines. */
  digest: string
}

/** The digest of the request. The column is older than the term. */
type DigestColumn = Record<'fingerprint', string>

export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>
