import type { Tables } from '../schema.ts'

/** Where a Citus cluster stores the rows of a table. */
export type Placement =
  /** A copy on each node. A write to it is a two-phase commit of all nodes, so it has rows that rarely change. */
  | { readonly kind: 'reference' }
  /** On the coordinator alone: no transaction of the hot path uses it. */
  | { readonly kind: 'coordinator' }
  /** Sharded by a column. Colocated tables have the rows with equal values on one node. */
  | { readonly kind: 'distributed'; readonly column: string; readonly with: keyof Tables | 'none' }

const COPIED: Placement = { kind: 'reference' }
const ON_COORDINATOR: Placement = { kind: 'coordinator' }
const BY_PLAYER: Placement = { kind: 'distributed', column: 'player_id', with: 'players' }

/** In the order of distribution: referenced tables first. */
export const PLACEMENTS: Readonly<Record<keyof Tables, Placement>> = {
  titles: COPIED,
  title_bindings: COPIED,
  achievements: COPIED,
  achievement_ids: COPIED,
  achievement_revisions: COPIED,
  backfills: COPIED,
  stats: COPIED,
  destinations: COPIED,
  // Small: rows of the last days, and of merges. A report reads them before it inserts a player.
  player_tombstones: COPIED,
  player_aliases: COPIED,
  title_names: ON_COORDINATOR,
  images: ON_COORDINATOR,
  plans: ON_COORDINATOR,
  plan_changes: ON_COORDINATOR,
  achievement_totals: ON_COORDINATOR,
  unlock_position: ON_COORDINATOR,
  event_marks: ON_COORDINATOR,
  restores: ON_COORDINATOR,
  audit_entries: ON_COORDINATOR,
  migration_jobs: ON_COORDINATOR,
  migration_sources: ON_COORDINATOR,
  migration_parts: ON_COORDINATOR,
  migration_refusals: ON_COORDINATOR,
  migration_identities: ON_COORDINATOR,
  title_imports: ON_COORDINATOR,
  record_imports: ON_COORDINATOR,
  // They change all the time.
  community_progress: ON_COORDINATOR,
  destination_flows: ON_COORDINATOR,
  players: { kind: 'distributed', column: 'id', with: 'none' },
  player_titles: BY_PLAYER,
  progress: BY_PLAYER,
  stat_values: BY_PLAYER,
  contributions: BY_PLAYER,
  events: BY_PLAYER,
  player_requests: BY_PLAYER,
  delivery_queues: BY_PLAYER,
  deliveries: BY_PLAYER,
  sent_percents: BY_PLAYER,
  migration_conflicts: BY_PLAYER,
  migration_undo: BY_PLAYER,
  migration_stat_undo: BY_PLAYER,
  migration_pulls: BY_PLAYER,
  migration_resets: BY_PLAYER,
  accounts: BY_PLAYER,
  // Looked up before the player is known.
  account_keys: { kind: 'distributed', column: 'id', with: 'none' },
  definition_requests: { kind: 'distributed', column: 'request_id', with: 'none' },
}
