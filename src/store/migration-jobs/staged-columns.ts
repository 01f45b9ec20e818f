import { sql } from 'kysely'
import { PROGRESS_FACTS } from '../progress/progress-rows.ts'

/**
 * The columns of the staged rows: those of progress, the ids of a player that is not known yet, the achievement's score, and whether the
 * row is written alone.
 */
export const STAGED = `ordinal integer, player_id text, dialect text, account_id text, identity text, achievement_id text, state text,
  "values" jsonb, reported_percent smallint, percent smallint, unlock_time bigint, unlock_precision text, first_report_time bigint,
  last_report_time bigint, window_start bigint, revoked boolean, writer text, extensions jsonb, score bigint, is_alone boolean`

export const FACTS = PROGRESS_FACTS.map((name) => `"${name}"`)

export const list = (alias: string) => sql.raw(FACTS.map((name) => `${alias}.${name}`).join(', '))

/** Rows differ also by the time of the import, which changes nothing. */
const COMPARED = FACTS.filter((name) => !/report_time|writer/.test(name))

export const compared = (alias: string) => sql.raw(COMPARED.map((name) => `${alias}.${name}`).join(', '))

/** A hash over the key and the compared facts of a row. */
export const hashOf = (alias: string) =>
  sql`hash_record_extended(row (${sql.ref(`${alias}.player_id`)}, ${sql.ref(`${alias}.achievement_id`)}, ${compared(alias)}), 0)`
