import type { Migration } from 'kysely/migration'
import * as records from './0001-records.ts'
import * as eventsOut from './0002-events-out.ts'

/** Each migration once, in order, never changed after it has run anywhere: append only. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-records': records,
  '0002-events-out': eventsOut,
}
