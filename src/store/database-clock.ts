import { sql } from 'kysely'

/** The database's time in ticks: one clock for all servers. It advances within a transaction. */
export const DATABASE_CLOCK = sql<bigint>`(extract(epoch from clock_timestamp()) * 10000000)::bigint`
