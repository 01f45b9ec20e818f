import { type Kysely, sql } from 'kysely'

/** Traces of reports, for the deliveries that follow from them. Filled only by servers that record traces. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table report_traces (
    player_id text not null,
    title_id text not null,
    achievement_id text not null,
    time bigint not null,
    trace_parent text not null,
    create_time bigint not null,
    primary key (player_id, title_id, achievement_id, time)
  )`,
  'create index report_traces_by_time on report_traces (create_time)',
]
