import type { MigrationRefusal } from '../../model/migration-job.ts'

/** Characters of a reason. */
const MAX_REASON = 1_000

/** Returns the refusal of a record as Postgres can store it: in valid UTF-8, without NUL. */
export function refusalOf(
  source: string,
  end: number,
  ordinal: number,
  record: string,
  reason: string,
): MigrationRefusal {
  const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')
  return {
    source,
    position: BigInt(end),
    ordinal,
    record: storable(record),
    reason: storable(reason).slice(0, MAX_REASON),
  }
}
