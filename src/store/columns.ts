import type { Tables } from './schema.ts'

const VERSIONED = ['create_time', 'update_time', 'revision'] as const

const LISTS = {
  titles: ['id', 'display_name', 'default_locale', 'extensions', 'mask_hidden_in_gateways', ...VERSIONED],
  achievements: [
    'title_id',
    'id',
    'list_order',
    'lifecycle',
    'hidden',
    'tags',
    'stat_codes',
    'score',
    'definition',
    ...VERSIONED,
  ],
  achievement_revisions: [
    'title_id',
    'achievement_id',
    'revision',
    'time',
    'actor',
    'request_id',
    'list_order',
    'lifecycle',
    'hidden',
    'tags',
    'definition',
    'ids',
    'create_time',
    'update_time',
  ],
  backfills: [
    'title_id',
    'achievement_id',
    'state',
    'silent',
    'reset_requirements',
    'actor',
    'request_id',
    'last_player_id',
    'player_count',
    'unlock_count',
    'create_time',
    'update_time',
  ],
  stats: [
    'title_id',
    'code',
    'display_name',
    'default_value',
    'minimum',
    'maximum',
    'increment_only',
    'set_by',
    'extensions',
    ...VERSIONED,
  ],
  players: ['id', 'display_name', ...VERSIONED],
  player_titles: ['player_id', 'title_id', 'unlocked_count', 'score', 'last_unlock_time', 'extensions'],
  progress: [
    'player_id',
    'title_id',
    'achievement_id',
    'state',
    'values',
    'reported_percent',
    'percent',
    'unlock_time',
    'unlock_precision',
    'first_report_time',
    'last_report_time',
    'window_start',
    'revoked',
    'writer',
    'extensions',
    'version',
  ],
  stat_values: ['player_id', 'title_id', 'code', 'value', 'create_time', 'update_time'],
  community_progress: ['title_id', 'achievement_id', 'value', 'unlock_time', 'create_time', 'update_time'],
  contributions: [
    'player_id',
    'title_id',
    'achievement_id',
    'value',
    'claim_time',
    'create_time',
    'update_time',
  ],
  events: [
    'player_id',
    'id',
    'title_id',
    'achievement_id',
    'kind',
    'time',
    'state',
    'percent',
    'unlock_time',
    'actor',
    'reason',
    'request_id',
  ],
  plans: [
    'title_id',
    'id',
    'source',
    'source_id',
    'stamp',
    'actor',
    'create_time',
    'apply_time',
    'counts',
    'kept_unlock_count',
    'bytes',
  ],
  plan_changes: ['title_id', 'plan_id', 'achievement_id', 'before', 'after', 'applied_hash'],
  event_marks: ['position', 'time'],
  audit_entries: [
    'id',
    'time',
    'actor',
    'operation',
    'resource_type',
    'title_id',
    'resource_id',
    'player_id',
    'request_id',
    'reason',
    'before',
    'after',
    'record_omitted',
  ],
  destinations: [
    'title_id',
    'id',
    'display_name',
    'dialect',
    'url',
    'credential',
    'filter',
    'limits',
    'paused',
    ...VERSIONED,
  ],
} as const satisfies { readonly [Table in keyof Tables]?: readonly (keyof Tables[Table])[] }

type Listed = keyof typeof LISTS

/** The columns that the lists lack. */
type Missing = {
  [Table in Listed]: Exclude<keyof Tables[Table], (typeof LISTS)[Table][number]>
}[Listed]

/**
 * The columns of each table of which statements read whole rows; a list that lacks one does not compile. Statements name their
 * columns: the result of a prepared `select *` changes as soon as a migration of a later version adds a column, and Postgres then
 * refuses the statement on each connection that has it.
 */
export const COLUMNS: [Missing] extends [never] ? typeof LISTS : Missing = LISTS

/** Returns the columns as SQL: `p.player_id, p.title_id` with the alias `p`. */
export function columnsOf(table: Listed, alias?: string): string {
  return COLUMNS[table].map((name) => (alias === undefined ? name : `${alias}.${name}`)).join(', ')
}
