import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { PlayerSummary } from '../../model/player.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Extensions } from '../../model/title.ts'
import { isShownTo } from '../achievements/conditions.ts'
import { forEachGroup, ofPlayers, type Sharding } from '../citus/sharding.ts'
import { COLUMNS, columnsOf } from '../columns.ts'
import { jsonBatches } from '../json-batches.ts'
import type { Step } from '../pipeline.ts'
import { insertPlayers, type RemovedPlayers } from '../players/insert-players.ts'
import type { Row, Tables } from '../schema.ts'

/** One player's row for one title: the totals, and the lock of changes that concern several achievements. */
export interface PlayerTitle extends PlayerTitleKey {
  readonly unlockedCount: number
  readonly score: bigint
  readonly lastUnlockTime: Instant | undefined
  readonly extensions: Extensions
}

interface LockedPlayerTitles {
  readonly playerTitles: readonly PlayerTitle[]
  readonly removed: RemovedPlayers
  /** The players whose rows were inserted. */
  readonly inserted: ReadonlySet<string>
  /** Whether the first statement locked all rows. Else reads directly after it ran without the locks. */
  readonly isLockedAtOnce: boolean
}

/** Laurel's own totals, with those of imported documents as the extensions. */
export type StoredSummary = PlayerSummary & Pick<PlayerTitle, 'extensions'>

/** Of `player_titles s`. */
const LOCKED_COLUMNS = sql.raw(columnsOf('player_titles', 's'))

export function playerTitleQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /**
     * Locks rows, in sorted order so that two transactions cannot deadlock. Other transactions then change no totals and insert
     * no progress; rows of progress have their own lock. Missing players and rows are inserted: no player has to register
     * before a first report. Players who were deleted or merged are `removed` and have no rows, as in
     * `insertPlayers`. Keys must be distinct.
     */
    async lock(keys: readonly PlayerTitleKey[], time: Instant): Promise<LockedPlayerTitles> {
      const removed = new Map<string, string | undefined>()
      const insertedPlayers = new Set<string>()
      for (let remaining = keys; ; ) {
        const playerTitles = await lock(remaining)
        if (playerTitles.length === remaining.length)
          return { playerTitles, removed, inserted: insertedPlayers, isLockedAtOnce: remaining === keys }
        // Repeats only if a player is deleted between the inserts and the lock.
        const inserted = await insertPlayers(
          db,
          remaining.map(({ playerId }) => playerId),
          time,
        )
        for (const [playerId, survivor] of inserted.removed) removed.set(playerId, survivor)
        remaining = remaining.filter(({ playerId }) => !removed.has(playerId))
        for (const playerId of await insertPlayerTitles(remaining)) insertedPlayers.add(playerId)
      }
    },

    /** Returns the statements that write the totals of locked rows: one, unless the rows are large. */
    updates(playerTitles: readonly PlayerTitle[]): readonly Step[] {
      const values = playerTitles.map((playerTitle) => ({
        player_id: playerTitle.playerId,
        title_id: playerTitle.titleId,
        unlocked_count: playerTitle.unlockedCount,
        score: playerTitle.score,
        last_unlock_time: playerTitle.lastUnlockTime ?? null,
        extensions: playerTitle.extensions as JsonObject,
      }))
      return [...jsonBatches(values)].map((rows) => async () => {
        await sql`
        update player_titles s set unlocked_count = r.unlocked_count, score = r.score,
          last_unlock_time = r.last_unlock_time, extensions = r.extensions
        from jsonb_to_recordset(${rows}::jsonb) as r (player_id text, title_id text, unlocked_count integer,
          score bigint, last_unlock_time bigint, extensions jsonb)
        where s.player_id = r.player_id and s.title_id = r.title_id`.execute(db)
      })
    },

    async find({ playerId, titleId }: PlayerTitleKey): Promise<PlayerTitle | undefined> {
      const row = await db
        .selectFrom('player_titles')
        .select(COLUMNS.player_titles)
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .executeTakeFirst()
      return row && fromRow(row)
    },

    /** Returns the totals of the player and of the achievements that the player sees; undefined for an unknown title. */
    async findSummary({ playerId, titleId }: PlayerTitleKey): Promise<StoredSummary | undefined> {
      const isShown = await isShownTo(db, sharding, { playerId, titleId })
      const { rows } = await sql<SummaryRow>`
        select coalesce(s.unlocked_count, 0) as unlocked_count, coalesce(s.score, 0) as score, s.last_unlock_time,
          coalesce(s.extensions, '{}') as extensions, a.count, a.score as max_score
        from titles t
        left join player_titles s on s.title_id = t.id and s.player_id = ${playerId}
        cross join lateral (
          select count(*) as count, coalesce(sum(score), 0)::bigint as score from achievements a
          where a.title_id = t.id and ${isShown}
        ) a
        where t.id = ${titleId}`.execute(db)
      return rows.map((row) => ({
        playerId,
        titleId,
        unlockedCount: row.unlocked_count,
        score: row.score,
        lastUnlockTime: row.last_unlock_time ?? undefined,
        achievementCount: Number(row.count),
        maxScore: row.max_score,
        extensions: row.extensions,
      }))[0]
    },

    /** Returns a player's rows in order of title. */
    async listOfPlayer(playerId: string): Promise<readonly PlayerTitle[]> {
      const rows = await db
        .selectFrom('player_titles')
        .select(COLUMNS.player_titles)
        .where('player_id', '=', playerId)
        .orderBy('title_id')
        .execute()
      return rows.map(fromRow)
    },

    /** Returns the time of the player's latest unlock that is not revoked. */
    async findLastUnlock({ playerId, titleId }: PlayerTitleKey): Promise<Instant | undefined> {
      const row = await db
        .selectFrom('progress')
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .where('revoked', '=', false)
        .select(({ fn }) => fn.max('unlock_time').as('last'))
        .executeTakeFirst()
      return row?.last ?? undefined
    },

    /** Returns the next players of a title after a player, in order of id. */
    async listPlayersOfTitle(titleId: string, playerId: string, limit: number): Promise<readonly string[]> {
      const rows = await db
        .selectFrom('player_titles')
        .where('title_id', '=', titleId)
        .where('player_id', '>', playerId)
        .orderBy('player_id')
        .limit(limit)
        .select('player_id')
        .execute()
      return rows.map(({ player_id }) => player_id)
    },

    /** Locks, in sorted order, the rows of all players with progress on the achievement or a contribution to it. */
    async lockByAchievement(titleId: string, achievementId: string): Promise<void> {
      const ofAchievement = sql`from player_titles l
        where l.title_id = ${titleId} and (exists (
          select 1 from progress p
          where p.player_id = l.player_id and p.title_id = l.title_id and p.achievement_id = ${achievementId})
        or exists (
          select 1 from contributions c
          where c.player_id = l.player_id and c.title_id = l.title_id and c.achievement_id = ${achievementId}))
        order by l.player_id`
      if (!sharding.isDistributed) {
        await sql`select ${ofAchievement} for update of l`.execute(db)
        return
      }
      const { rows } = await sql<{ player_id: string }>`select l.player_id ${ofAchievement}`.execute(db)
      await lock(rows.map((row) => ({ playerId: row.player_id, titleId })))
    },

    /** Adds to the score of each player with the achievement, after its score changed. Rows must be locked. */
    async adjustScores(titleId: string, achievementId: string, difference: bigint): Promise<void> {
      await sql`
        update player_titles s set score = s.score + ${difference}::bigint
        from progress p
        where p.title_id = ${titleId} and p.achievement_id = ${achievementId}
          and p.state = 'achieved' and not p.revoked
          and s.player_id = p.player_id and s.title_id = p.title_id`.execute(db)
    },

    async deleteOfTitle(titleId: string): Promise<void> {
      await db.deleteFrom('player_titles').where('title_id', '=', titleId).execute()
    },

    /** Returns the number of players with a row of the title. */
    async countPlayers(titleId: string): Promise<bigint> {
      const row = await db
        .selectFrom('player_titles')
        .where('title_id', '=', titleId)
        .select(({ fn }) => fn.countAll<bigint>().as('count'))
        .executeTakeFirst()
      return row?.count ?? 0n
    },

    async hasPlayers(titleId: string): Promise<boolean> {
      const row = await db
        .selectFrom('player_titles')
        .where('title_id', '=', titleId)
        .select('title_id')
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },
  }

  /** Returns the players of the inserted rows. */
  async function insertPlayerTitles(keys: readonly PlayerTitleKey[]): Promise<readonly string[]> {
    const [playerIds, titleIds] = columns(keys)
    const { rows } = await sql<{ player_id: string }>`
      insert into player_titles (player_id, title_id)
      select player_id, title_id from unnest(${playerIds}::text[], ${titleIds}::text[]) as keys (player_id, title_id)
      order by player_id, title_id
      on conflict (player_id, title_id) do nothing returning player_id`.execute(db)
    return rows.map((row) => row.player_id)
  }

  function lock(keys: readonly PlayerTitleKey[]): Promise<readonly PlayerTitle[]> {
    return forEachGroup(sharding, keys, ({ playerId }) => playerId, lockGroup)
  }

  async function lockGroup(keys: readonly PlayerTitleKey[]): Promise<readonly PlayerTitle[]> {
    const [playerIds, titleIds] = columns(keys)
    const { rows } = await sql<Row<'player_titles'>>`
      select ${LOCKED_COLUMNS} from player_titles s
      join unnest(${playerIds}::text[], ${titleIds}::text[]) as keys (player_id, title_id)
        on s.player_id = keys.player_id and s.title_id = keys.title_id
      where ${ofPlayers(sharding, 's.player_id', playerIds)}
      order by s.player_id, s.title_id
      for update of s`.execute(db)
    return rows.map(fromRow)
  }
}

interface SummaryRow {
  readonly unlocked_count: number
  readonly score: bigint
  readonly last_unlock_time: bigint | null
  readonly count: bigint
  readonly max_score: bigint
  readonly extensions: Extensions
}

function columns(keys: readonly PlayerTitleKey[]): readonly [string[], string[]] {
  return [keys.map(({ playerId }) => playerId), keys.map(({ titleId }) => titleId)]
}

function fromRow(row: Row<'player_titles'>): PlayerTitle {
  return {
    playerId: row.player_id,
    titleId: row.title_id,
    unlockedCount: row.unlocked_count,
    score: row.score,
    lastUnlockTime: row.last_unlock_time ?? undefined,
    extensions: row.extensions as unknown as Extensions,
  }
}
