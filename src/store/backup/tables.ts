import type { Tables } from '../schema.ts'

const LIST = [
  'titles',
  'title_bindings',
  'title_names',
  'achievements',
  'achievement_ids',
  'achievement_revisions',
  'stats',
  'definition_requests',
  'plans',
  'plan_changes',
  'images',
  'players',
  'accounts',
  'account_keys',
  'player_tombstones',
  'player_aliases',
  'player_titles',
  'progress',
  'stat_values',
  'backfills',
  'community_progress',
  'contributions',
  'achievement_totals',
  'unlock_position',
  'events',
  'event_marks',
  'player_requests',
  'restores',
  'destinations',
  'destination_flows',
  'delivery_queues',
  'deliveries',
  'sent_percents',
  'audit_entries',
  'migration_jobs',
  'migration_sources',
  'migration_parts',
  'migration_refusals',
  'migration_conflicts',
  'migration_identities',
  'migration_undo',
  'migration_stat_undo',
  'migration_pulls',
  'title_imports',
  'record_imports',
  'migration_resets',
] as const satisfies readonly (keyof Tables)[]

type Missing = Exclude<keyof Tables, (typeof LIST)[number]>

/** All tables; a list that lacks one does not compile. */
export const TABLES: [Missing] extends [never] ? readonly string[] : Missing = LIST

/** With the tables that migrations have dropped: backups of earlier schemas have them. */
export const BACKED_UP_TABLES: readonly string[] = [...TABLES, 'report_traces']

/** Tables that migrations put rows into, and servers without any data. */
export const TABLES_WITH_FIRST_ROWS: readonly string[] = ['event_marks', 'unlock_position']
