import type { RowKind } from '../../model/record-line.ts'
import type { Tables } from '../schema.ts'

/** How the rows of a table become the lines of a kind, and back. */
export interface RowTable {
  readonly table: keyof Tables
  /** Columns of members that are not the member's name in snake case. */
  readonly columns?: Readonly<Record<string, string>>
  readonly orderBy: string
  /** The rows of an export; all if absent. `$titles` stands for the list of chosen titles. */
  readonly where?: string
  /** As `where`, of an export of chosen titles. */
  readonly ofTitles: string
  /** Values of columns that lines do not have, as SQL. */
  readonly constants?: Readonly<Record<string, string>>
  /** Of rows that may exist: the columns of the key, and those in which such a row must equal the line. */
  readonly shared?: { readonly key: readonly string[]; readonly equal: readonly string[] }
}

const OF_TITLES = 'title_id in ($titles)'
const NOW = '(extract(epoch from clock_timestamp()) * 10000000)::bigint'
const PLAYERS_OF_TITLES = `(select t.player_id from player_titles t where t.${OF_TITLES})`

export const ROW_TABLES: Readonly<Record<RowKind, RowTable>> = {
  image: {
    table: 'images',
    columns: { content: 'bytes' },
    orderBy: 'hash',
    ofTitles: `hash in (select (regexp_matches(concat(definition->'media', definition->'rewards'), '[0-9a-f]{32}', 'g'))[1]
      from achievements where ${OF_TITLES})`,
    constants: { create_time: NOW, use_time: NOW },
    shared: { key: ['hash'], equal: ['bytes'] },
  },
  player: {
    table: 'players',
    columns: { playerId: 'id' },
    orderBy: 'id',
    ofTitles: `id in ${PLAYERS_OF_TITLES}`,
    shared: { key: ['id'], equal: ['display_name'] },
  },
  account: {
    table: 'accounts',
    columns: { accountId: 'id' },
    orderBy: 'player_id, dialect, id',
    ofTitles: `player_id in ${PLAYERS_OF_TITLES}`,
    shared: { key: ['id', 'dialect'], equal: ['player_id'] },
  },
  merged_player: {
    table: 'player_aliases',
    columns: { absorbedId: 'id' },
    orderBy: 'id',
    ofTitles: `player_id in ${PLAYERS_OF_TITLES}`,
    shared: { key: ['id'], equal: ['player_id'] },
  },
  deleted_player: {
    table: 'player_tombstones',
    orderBy: 'digest',
    ofTitles: 'false',
    shared: { key: ['digest'], equal: [] },
  },
  player_title: { table: 'player_titles', orderBy: 'player_id, title_id', ofTitles: OF_TITLES },
  progress: {
    table: 'progress',
    orderBy: 'player_id, title_id, achievement_id',
    ofTitles: OF_TITLES,
    // Above all versions that a deleted row of the same key had: see `FIRST_VERSION`.
    constants: { version: `nextval('events_id_seq')` },
  },
  stat_value: {
    table: 'stat_values',
    columns: { statCode: 'code' },
    orderBy: 'player_id, title_id, code',
    ofTitles: OF_TITLES,
  },
  community_progress: {
    table: 'community_progress',
    orderBy: 'title_id, achievement_id',
    ofTitles: OF_TITLES,
  },
  contribution: {
    table: 'contributions',
    orderBy: 'player_id, title_id, achievement_id',
    ofTitles: OF_TITLES,
  },
  event: {
    table: 'events',
    columns: { eventKind: 'kind' },
    // The order of history. Import numbers events in the order of their lines.
    orderBy: 'id',
    where: 'title_id in (select id from titles)',
    ofTitles: OF_TITLES,
    constants: { silent: 'true' },
  },
  backfill: {
    table: 'backfills',
    orderBy: 'title_id, achievement_id',
    where: `state = 'running'`,
    ofTitles: `state = 'running' and ${OF_TITLES}`,
    constants: { state: `'running'` },
  },
}

/** Returns the column of a member: without the object that it is in, in snake case. */
export function columnOf({ columns }: RowTable, member: string): string {
  const name = member.slice(member.indexOf('.') + 1)
  return columns?.[name] ?? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
