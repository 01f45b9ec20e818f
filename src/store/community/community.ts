import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { CommunityProgress, Contribution } from '../../model/community.ts'
import type { Instant } from '../../model/instant.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Quantity } from '../../model/quantity.ts'
import { COLUMNS, columnsOf } from '../columns.ts'
import { insertResetEvents, type NewEvent } from '../events/event-rows.ts'
import type { Row, Tables } from '../schema.ts'

/** The rise of a stat that a community achievement follows. Decimals are added exactly, as printed. */
export interface Rise {
  readonly achievementId: string
  readonly before: number
  readonly after: number
  /** The sum that unlocks the achievement. */
  readonly target: Quantity
}

export interface ContributorFilter {
  readonly titleId: string
  readonly achievementId: string
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

/** A contribution with its exact value, by which pages continue. */
export interface RankedContribution extends Contribution {
  /** In decimal. */
  readonly exactValue: string
}

/** Of `contributions`, beside the table `r`. */
const CONTRIBUTION_COLUMNS = sql.raw(columnsOf('contributions', 'contributions'))
/** Of `community_progress c`. */
const RAISED_COLUMNS = sql.raw(columnsOf('community_progress', 'c'))

export function communityQueries(db: Kysely<Tables>) {
  return {
    /**
     * Locks the shared progress on these achievements in sorted order until the end of the transaction, and inserts missing
     * rows. Players' rows must be locked before: every player of the title waits for a shared row, so its holder must not
     * wait for a player's row.
     */
    async insertAndLock(
      titleId: string,
      achievementIds: readonly string[],
      time: Instant,
    ): Promise<readonly CommunityProgress[]> {
      const ids = [...achievementIds].sort()
      const found = await lock(titleId, ids)
      if (found.length === ids.length) return found
      await sql`
        insert into community_progress (title_id, achievement_id, value, create_time, update_time)
        select ${titleId}, id, 0, ${time}::bigint, ${time}::bigint from unnest(${ids}::text[]) as list (id)
        on conflict (title_id, achievement_id) do nothing`.execute(db)
      return lock(titleId, ids)
    },

    /** Locks existing shared progress: all rows that a transaction may need, before it writes the first. */
    async lock(titleId: string, achievementIds: readonly string[]): Promise<void> {
      if (achievementIds.length > 0) await lock(titleId, achievementIds)
    },

    /** Adds the rises of a player's stats to the player's contributions. The player's row of the title must be locked. */
    async addContributions(
      { playerId, titleId }: PlayerTitleKey,
      rises: readonly Rise[],
      time: Instant,
    ): Promise<readonly Contribution[]> {
      const { rows } = await sql<Row<'contributions'>>`
        insert into contributions (player_id, title_id, achievement_id, value, create_time, update_time)
        select ${playerId}, ${titleId}, achievement_id, rise, ${time}::bigint, ${time}::bigint
        from ${riseRows(rises)} as r
        order by achievement_id
        on conflict (player_id, title_id, achievement_id) do update set
          value = contributions.value + excluded.value, update_time = excluded.update_time
        returning ${CONTRIBUTION_COLUMNS}`.execute(db)
      return rows.map(toContribution)
    },

    /** Adds the rises to the shared progress, and unlocks at the target. The shared rows must be locked. */
    async raise(
      titleId: string,
      rises: readonly Rise[],
      time: Instant,
    ): Promise<readonly CommunityProgress[]> {
      const { rows } = await sql<Row<'community_progress'>>`
        update community_progress c set
          value = c.value + r.rise, update_time = ${time}::bigint,
          unlock_time = case when c.value + r.rise >= r.target then ${time}::bigint end
        from ${riseRows(rises)} as r
        where c.title_id = ${titleId} and c.achievement_id = r.achievement_id
        returning ${RAISED_COLUMNS}`.execute(db)
      return rows.map(toProgress)
    },

    /** Unlocks an achievement whose shared progress is at the target. Returns whether this call did. */
    async unlockAt(
      { titleId, achievementId }: { readonly titleId: string; readonly achievementId: string },
      target: Quantity,
      time: Instant,
    ): Promise<boolean> {
      const { numAffectedRows = 0n } = await sql`
        update community_progress set unlock_time = ${time}::bigint, update_time = ${time}::bigint
        where title_id = ${titleId} and achievement_id = ${achievementId}
          and unlock_time is null and value >= ${String(target)}::numeric`.execute(db)
      return numAffectedRows > 0n
    },

    /** Lists the shared progress of a title, unsorted. Achievements without contributions have none. */
    async list(titleId: string): Promise<readonly CommunityProgress[]> {
      const rows = await db
        .selectFrom('community_progress')
        .select(COLUMNS.community_progress)
        .where('title_id', '=', titleId)
        .execute()
      return rows.map(toProgress)
    },

    /** Lists a player's contributions in a title, unsorted. */
    async listContributions({ playerId, titleId }: PlayerTitleKey): Promise<readonly Contribution[]> {
      const rows = await db
        .selectFrom('contributions')
        .select(COLUMNS.contributions)
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .execute()
      return rows.map(toContribution)
    },

    /** Lists contributions to an achievement, sorted by value, then by player. */
    async listContributors(filter: ContributorFilter): Promise<readonly Contribution[]> {
      const direction = filter.descending ? 'desc' : 'asc'
      const rows = await db
        .selectFrom('contributions')
        .select(COLUMNS.contributions)
        .where('title_id', '=', filter.titleId)
        .where('achievement_id', '=', filter.achievementId)
        .orderBy('value', direction)
        .orderBy('player_id', direction)
        .offset(filter.offset)
        .limit(filter.limit)
        .execute()
      return rows.map(toContribution)
    },

    /** Lists contributions to an achievement below one, or from the highest on, by value and then by player. */
    async listRanked(
      { titleId, achievementId }: Pick<ContributorFilter, 'titleId' | 'achievementId'>,
      last: Pick<RankedContribution, 'exactValue' | 'playerId'> | undefined,
      limit: number,
    ): Promise<readonly RankedContribution[]> {
      let query = db
        .selectFrom('contributions')
        .select(COLUMNS.contributions)
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
      if (last !== undefined) {
        const below = sql<SqlBool>`(value, player_id) < (${last.exactValue}::numeric, ${last.playerId})`
        query = query.where(below)
      }
      const rows = await query.orderBy('value', 'desc').orderBy('player_id', 'desc').limit(limit).execute()
      return rows.map((row) => ({ ...toContribution(row), exactValue: row.value }))
    },

    /** Marks a contribution's reward as claimed. The player's row of the title must be locked. */
    async claim({ playerId, titleId }: PlayerTitleKey, achievementId: string, time: Instant): Promise<void> {
      await db
        .updateTable('contributions')
        .set({ claim_time: time })
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .execute()
    },

    async hasContributions(titleId: string, achievementId: string): Promise<boolean> {
      const row = await db
        .selectFrom('contributions')
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .select('player_id')
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Deletes all contributions to an achievement and its shared progress, with an event for each contributor. Their rows must be locked. */
    async deleteContributions(
      titleId: string,
      achievementId: string,
      change: Pick<NewEvent, 'time' | 'actor' | 'reason' | 'requestId'>,
    ): Promise<void> {
      const players = sql`select player_id from contributions
        where title_id = ${titleId} and achievement_id = ${achievementId} order by player_id`
      await insertResetEvents(db, { titleId, achievementId, ...change }, players)
      for (const table of ['contributions', 'community_progress'] as const) {
        await db
          .deleteFrom(table)
          .where('title_id', '=', titleId)
          .where('achievement_id', '=', achievementId)
          .execute()
      }
    },
  }

  async function lock(titleId: string, ids: readonly string[]): Promise<readonly CommunityProgress[]> {
    const rows = await db
      .selectFrom('community_progress')
      .select(COLUMNS.community_progress)
      .where('title_id', '=', titleId)
      .where('achievement_id', '=', sql<string>`any(${[...ids]}::text[])`)
      .orderBy('achievement_id')
      .forUpdate()
      .execute()
    return rows.map(toProgress)
  }
}

function riseRows(rises: readonly Rise[]): RawBuilder<unknown> {
  const rows = rises.map(({ achievementId, before, after, target }) => ({
    achievement_id: achievementId,
    before: String(before),
    after: String(after),
    target: String(target),
  }))
  return sql`(
    select achievement_id, after::numeric - before::numeric as rise, target::numeric as target
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r (achievement_id text, before text, after text, target text))`
}

/** Returns the nearest double, and the largest for a sum beyond it. */
function toDouble(decimal: string): number {
  return Math.min(Number(decimal), Number.MAX_VALUE)
}

function toProgress(row: Row<'community_progress'>): CommunityProgress {
  return {
    achievementId: row.achievement_id,
    value: toDouble(row.value),
    unlockTime: row.unlock_time ?? undefined,
    createTime: row.create_time,
    updateTime: row.update_time,
  }
}

function toContribution(row: Row<'contributions'>): Contribution {
  return {
    playerId: row.player_id,
    achievementId: row.achievement_id,
    value: toDouble(row.value),
    claimTime: row.claim_time ?? undefined,
    createTime: row.create_time,
    updateTime: row.update_time,
  }
}
