import { type Kysely, sql } from 'kysely'

/**
 * A report writes two rows: its progress, which has a version of its own, and its event, which carries the progress after it
 * and is the stored response. Earlier servers must not run beside this schema, because they check another version: without
 * the column that they write, they fail. Responses that are stored already stay where they are.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'alter table progress add column version bigint not null default 0',
  'alter table player_titles drop column version',
  // Null in events from before, and in those that are no change of progress. Null extensions are empty.
  `alter table events
    add column "values" jsonb, add column reported_percent smallint, add column unlock_precision text,
    add column first_report_time bigint, add column last_report_time bigint, add column window_start bigint,
    add column revoked boolean, add column extensions jsonb,
    add column caller text, add column request_key uuid, add column digest text, add column missing text`,
  'create unique index events_by_request on events (player_id, request_key) where request_key is not null',
]
