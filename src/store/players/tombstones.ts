import { hash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { Tables } from '../schema.ts'

/** A deleted player, or a deleted account. The key of an account is `playerNamedAfter` of it, so one lookup covers both. */
export interface TombstoneKey {
  readonly kind: 'player' | 'account'
  readonly id: string
}

export function tombstoneQueries(db: Kysely<Tables>) {
  return {
    /** Returns the ids of players who were deleted, or are named after an account of a deleted player. */
    find: (ids: readonly string[]) => findTombstones(db, ids),

    async insert(keys: readonly TombstoneKey[], time: Instant): Promise<void> {
      await sql`
        insert into player_tombstones (digest, create_time)
        select digest, ${time}::bigint from unnest(${keys.map(digestOf)}::bytea[]) as digests (digest) order by digest
        on conflict (digest) do update set create_time = excluded.create_time`.execute(db)
    },

    async delete(key: TombstoneKey): Promise<void> {
      await db.deleteFrom('player_tombstones').where('digest', '=', digestOf(key)).execute()
    },

    /** Deletes tombstones that are older than the time. */
    async purgeBefore(time: Instant): Promise<void> {
      await db.deleteFrom('player_tombstones').where('create_time', '<', time).execute()
    },
  }
}

export async function findTombstones(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const keys = ids.flatMap((id) => [{ kind: 'player', id } as const, { kind: 'account', id } as const])
  if (keys.length === 0) return new Set()
  const rows = await db
    .selectFrom('player_tombstones')
    .where('digest', '=', sql<Buffer>`any(${keys.map(digestOf)}::bytea[])`)
    .select('digest')
    .execute()
  if (rows.length === 0) return new Set()
  const found = new Set(rows.map(({ digest }) => digest.toString('hex')))
  return new Set(keys.filter((key) => found.has(digestOf(key).toString('hex'))).map(({ id }) => id))
}

function digestOf({ kind, id }: TombstoneKey): Buffer {
  return hash('sha256', `${kind} ${id}`, 'buffer')
}
