import type { Generated, Selectable } from 'kysely'
import type { DeliveryState } from '../model/delivery.ts'
import type { EventKind } from '../model/event.ts'
import type { JsonObject } from '../model/json.ts'
import type { ProgressState } from '../model/progress.ts'

/**
 * The tables. Instants are bigint: 100 ns ticks since 1970. Tables of players have `player_id` first in their
 * keys, so that they spread over a distributed engine by it; the others are small and are copied to each node.
 */
export interface Tables {
  titles: TitleTable
  title_bindings: TitleBindingTable
  title_names: TitleNameTable
  achievements: AchievementTable
  achievement_ids: AchievementIdTable
  stats: StatTable
  definition_requests: DefinitionRequestTable
  images: ImageTable
  players: PlayerTable
  accounts: AccountTable
  player_titles: PlayerTitleTable
  progress: ProgressTable
  stat_values: StatValueTable
  community_progress: CommunityProgressTable
  contributions: ContributionTable
  events: EventTable
  event_marks: EventMarkTable
  player_requests: PlayerRequestTable
  destinations: DestinationTable
  destination_flows: DestinationFlowTable
  delivery_queues: DeliveryQueueTable
  deliveries: DeliveryTable
}

interface Versioned {
  create_time: bigint
  update_time: bigint
  /** Counts writes; the etag. */
  revision: Generated<bigint>
}

interface TitleTable extends Versioned {
  id: string
  display_name: string
  default_locale: string
  extensions: JsonObject
  mask_hidden_in_gateways: Generated<boolean>
}

/** What a dialect knows a title by: each id of a dialect belongs to one title. */
interface TitleBindingTable {
  dialect: string
  name: string
  value: string
  title_id: string
}

/**
 * A row to lock for each text that has been a title's id or binding: see `title-bindings.ts`. Rows are never deleted.
 */
interface TitleNameTable {
  name: string
}

interface AchievementTable extends Versioned {
  title_id: string
  id: string
  list_order: number
  hidden: boolean
  tags: readonly string[]
  /** The stats that its requirements follow. */
  stat_codes: readonly string[]
  /** The gamerscore that it is worth. */
  score: bigint
  /** All the rest of the definition. */
  definition: JsonObject
}

interface AchievementIdTable {
  title_id: string
  dialect: string
  id: string
  achievement_id: string
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

/** First answers of mutations of definitions, by the caller's request id. */
interface DefinitionRequestTable {
  request_id: string
  fingerprint: string
  response: string | null
  create_time: bigint
}

/** Pictures, once each, whatever shows them. Never changed. */
interface ImageTable {
  /** Of the bytes: 32 hexadecimal digits. */
  hash: string
  format: 'png' | 'jpeg' | 'gif' | 'webp'
  bytes: Uint8Array
  create_time: bigint
}

interface PlayerTable extends Versioned {
  id: string
  display_name: string
}

/** Found by account, so distributed by it: the one table of players that is not keyed by the player. */
interface AccountTable {
  dialect: string
  id: string
  player_id: string
}

/**
 * A player's sheet of one title. Its row is the lock of everything that the player has in the title, and keeps
 * the totals.
 */
interface PlayerTitleTable {
  player_id: string
  title_id: string
  /** Rises with each write: whoever read the sheet before knows by it that it is as it was. Unlike that of any sheet before it. */
  version: bigint
  unlocked_count: Generated<number>
  score: Generated<bigint>
  last_unlock_time: bigint | null
  /** What documents said of the totals, by dialect. */
  extensions: Generated<JsonObject>
}

interface ProgressTable {
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
  revoked: boolean
  writer: string
  extensions: JsonObject
}

interface StatValueTable {
  player_id: string
  title_id: string
  code: string
  value: number
  create_time: bigint
  update_time: bigint
}

/** What all players of a title have of a community achievement together. Values are exact decimals, as text. */
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

/** One row for each change, written in the change's own transaction. A definition's has no player. */
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

interface PlayerRequestTable {
  player_id: string
  request_id: string
  fingerprint: string
  response: string | null
  create_time: bigint
}

/** How far events had come at a time. The oldest mark says up to where they are erased. */
interface EventMarkTable {
  position: bigint
  time: bigint
}

interface DestinationTable extends Versioned {
  title_id: string
  id: string
  display_name: string
  dialect: string
  url: string
  credential: string
  filter: JsonObject
  limits: JsonObject
  paused: Generated<boolean>
}

/** What servers change of a destination while they deliver. */
interface DestinationFlowTable {
  title_id: string
  destination_id: string
  /** Events up to this one are among the deliveries. */
  position: bigint
  /** When the rate budget is free again, by the database's clock. */
  free_time: Generated<bigint>
}

/** A player who has something to be sent to a destination. */
interface DeliveryQueueTable {
  player_id: string
  title_id: string
  destination_id: string
  /** When it may be taken up, by the database's clock: while there is a lease, when that ends. */
  due_time: bigint
  /** For the player's account on the destination's platform. */
  waiting: Generated<boolean>
  /** In a row. */
  failures: Generated<number>
  /** Who is sending it. */
  lease: string | null
}

interface DeliveryTable {
  player_id: string
  title_id: string
  destination_id: string
  event_id: bigint
  achievement_id: string
  kind: EventKind
  time: bigint
  progress_state: ProgressState
  percent: number
  unlock_time: bigint | null
  actor: string
  reason: string
  request_id: string
  /** A player's wait for an account is the queue's. */
  state: Exclude<DeliveryState, 'waiting_for_account'>
  attempts: Generated<number>
  create_time: bigint
  attempt_time: bigint | null
  idempotency_key: Generated<string>
  request: JsonObject | null
  response: JsonObject | null
  error: Generated<string>
}

export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>
