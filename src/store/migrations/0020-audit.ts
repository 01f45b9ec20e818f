import { type Kysely, sql } from 'kysely'

/**
 * Administrative changes. Their ids are from the sequence of events' ids, and are assigned under the same lock, so that one safe
 * position holds for both. No foreign keys: entries outlive what they concern. Records are text of JSON, because no statement
 * reads it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table audit_entries (
    id bigint primary key default nextval('events_id_seq'),
    time bigint not null,
    actor text not null,
    operation text not null,
    resource_type text not null,
    title_id text not null,
    resource_id text not null,
    player_id text not null,
    request_id text not null,
    reason text not null,
    before text,
    after text,
    record_omitted boolean not null
  )`,
  'create index audit_entries_by_title on audit_entries (title_id, id)',
  'create index audit_entries_by_player on audit_entries (player_id, id)',
  'create index audit_entries_by_time on audit_entries (time)',
]
