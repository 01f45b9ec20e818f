import { type Kysely, sql } from 'kysely'
import type { Instant } from '../model/instant.ts'
import type { Tables } from './schema.ts'

/** The database's time in ticks: one clock for all servers. It advances within a transaction. */
export const DATABASE_CLOCK = sql<bigint>`(extract(epoch from clock_timestamp()) * 10000000)::bigint`

export function databaseClockQueries(db: Kysely<Tables>) {
  return {
    async read(): Promise<Instant> {
      const { rows } = await sql<{ time: Instant }>`select ${DATABASE_CLOCK} as time`.execute(db)
      return (rows[0] as { time: Instant }).time
    },
  }
}
