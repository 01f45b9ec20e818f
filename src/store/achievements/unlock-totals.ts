import { type Kysely, type SqlBool, sql } from 'kysely'
import type { Sharding } from '../citus/sharding.ts'
import type { Tables } from '../schema.ts'
import { isShownTo } from './conditions.ts'

export interface UnlockTotal {
  readonly achievementId: string
  /** The players who have unlocked it, without revoked unlocks. */
  readonly unlockedCount: bigint
}

export interface UnlockTotalFilter {
  readonly afterId?: string
  readonly limit?: number
  /** Leaves out what the player does not see; absent for all but drafts. */
  readonly viewerId?: string | undefined
}

function higherOf(left: bigint, right: bigint): bigint {
  return left < right ? right : left
}

interface TotalChange {
  readonly title_id: string
  readonly achievement_id: string
  readonly change: bigint
}

/**
 * The players who unlocked each achievement, counted from the events up to a position. Transactions that remove progress without an
 * event of each unlock lock the position, so that they know which of the unlocks are counted already.
 */
export function unlockTotalQueries(db: Kysely<Tables>, sharding: Sharding) {
  /** Waits for the transaction that counts. Taken after all locks of players and definitions: a transaction that counts takes none. */
  async function lockPosition(): Promise<bigint> {
    const { rows } = await sql<{ position: bigint }>`select position from unlock_position for update`.execute(
      db,
    )
    return rows[0]?.position ?? 0n
  }

  async function add(changes: readonly TotalChange[]): Promise<void> {
    if (changes.length === 0) return
    await sql`
      insert into achievement_totals (title_id, achievement_id, unlocked_count)
      select * from unnest(${changes.map((each) => each.title_id)}::text[],
        ${changes.map((each) => each.achievement_id)}::text[], ${changes.map((each) => String(each.change))}::bigint[])
        as r (title_id, achievement_id, change)
      order by 1, 2
      on conflict (title_id, achievement_id) do update
        set unlocked_count = achievement_totals.unlocked_count + excluded.unlocked_count`.execute(db)
  }

  return {
    /** Returns the position up to which events are counted, and locks it; undefined while another transaction counts. */
    async lockPosition(): Promise<bigint | undefined> {
      const { rows } = await sql<{ position: bigint }>`
        select position from unlock_position for update skip locked`.execute(db)
      return rows[0]?.position
    },

    /**
     * Counts the next events up to the given one, at most `limit`, and advances the position to the last of them. Returns their number.
     * An unlock of a deleted achievement is not counted.
     */
    async countNext(position: bigint, upTo: bigint, limit: number): Promise<number> {
      const { rows } = await sql<TotalChange & { last: bigint; count: bigint; is_defined: boolean }>`
        select b.title_id, b.achievement_id, sum(b.unlock_change)::bigint as change, max(b.id) as last, count(*) as count,
          bool_or(a.id is not null) as is_defined
        from (
          select id, title_id, achievement_id, unlock_change from events
          where unlock_change is not null and id > ${position} and id <= ${upTo} order by id limit ${limit}
        ) b
        left join achievements a on a.title_id = b.title_id and a.id = b.achievement_id
        group by b.title_id, b.achievement_id`.execute(db)
      if (rows.length === 0) return 0
      await add(rows.filter((row) => row.is_defined))
      const last = rows.map((row) => row.last).reduce(higherOf)
      await sql`update unlock_position set position = ${last}`.execute(db)
      return rows.reduce((count, row) => count + Number(row.count), 0)
    },

    /** Adds unlocks by achievement that no event states, in the transaction that writes their progress. */
    async add(titleId: string, unlocks: ReadonlyMap<string, number>): Promise<void> {
      await sql`
        insert into achievement_totals (title_id, achievement_id, unlocked_count)
        select ${titleId}, id, change from unnest(${[...unlocks.keys()]}::text[], ${[...unlocks.values()]}::bigint[]) as u (id, change)
        order by id
        on conflict (title_id, achievement_id) do update
          set unlocked_count = achievement_totals.unlocked_count + excluded.unlocked_count`.execute(db)
    },

    /** Subtracts the unlocks of players whose progress is about to be deleted with their events. They must be locked exclusively. */
    async subtractDeleted(playerIds: readonly string[]): Promise<void> {
      const ids = sql`any(${[...playerIds]}::text[])`
      const position = await lockPosition()
      const { rows } = await sql<TotalChange>`
        select title_id, achievement_id, -sum(change)::bigint as change from (
          select title_id, achievement_id, 1 as change from progress
          where player_id = ${ids} and state = 'achieved' and not revoked
          union all
          select title_id, achievement_id, -unlock_change from events
          where player_id = ${ids} and unlock_change is not null and id > ${position}
        ) counted
        group by title_id, achievement_id having sum(change) <> 0`.execute(db)
      await add(rows)
    },

    /** As `subtractDeleted`, of a player whose events stay and will still be counted. */
    async subtractMerged(playerId: string): Promise<void> {
      await lockPosition()
      const { rows } = await sql<TotalChange>`
        select title_id, achievement_id, -1::bigint as change from progress
        where player_id = ${playerId} and state = 'achieved' and not revoked`.execute(db)
      await add(rows)
    },

    /** Deletes the totals of achievements. Their events that are not counted yet will not be, even if the ids are used again. */
    async delete(titleId: string, achievementIds: readonly string[] | 'all'): Promise<void> {
      const isMeant =
        achievementIds === 'all' ? sql`true` : sql`achievement_id = any(${[...achievementIds]}::text[])`
      const position = await lockPosition()
      await sql`
        update events set unlock_change = null
        where title_id = ${titleId} and ${isMeant} and unlock_change is not null and id > ${position}`.execute(
        db,
      )
      await sql`delete from achievement_totals where title_id = ${titleId} and ${isMeant}`.execute(db)
    },

    /** Returns the totals of a title's achievements, in order of id. */
    async list(
      titleId: string,
      { afterId = '', limit, viewerId }: UnlockTotalFilter = {},
    ): Promise<readonly UnlockTotal[]> {
      let query = db
        .selectFrom('achievements as a')
        .leftJoin('achievement_totals as t', (join) =>
          join.onRef('t.title_id', '=', 'a.title_id').onRef('t.achievement_id', '=', 'a.id'),
        )
        .where('a.title_id', '=', titleId)
        .where(
          viewerId === undefined
            ? sql<SqlBool>`a.lifecycle <> 'draft'`
            : await isShownTo(db, sharding, { titleId, playerId: viewerId }),
        )
        .where('a.id', '>', afterId)
        .orderBy('a.id')
        .select(['a.id', sql<bigint>`greatest(coalesce(t.unlocked_count, 0), 0)`.as('unlocked_count')])
      if (limit !== undefined) query = query.limit(limit)
      const rows = await query.execute()
      return rows.map((row) => ({ achievementId: row.id, unlockedCount: row.unlocked_count }))
    },
  }
}
