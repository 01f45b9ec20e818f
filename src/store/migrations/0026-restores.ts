import { type Kysely, sql } from 'kysely'

/** Restores of the database from backups: tokens of watches from between the two positions are of events that are lost. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table restores (
    position bigint primary key,
    backup_position bigint not null,
    backup_time bigint not null,
    time bigint not null
  )`.execute(db)
}
