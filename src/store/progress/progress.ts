import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { PlayerTitleKey, Progress, ProgressKey } from '../../model/progress.ts'
import { forEachGroup, ofPlayers, type Sharding } from '../citus/sharding.ts'
import { COLUMNS, columnsOf } from '../columns.ts'
import { insertResetEvents, type NewEvent } from '../events/event-rows.ts'
import { fixed, table } from '../fixed-statement.ts'
import type { Row, Tables } from '../schema.ts'
import {
  FIRST_VERSION,
  PROGRESS_COLUMNS,
  PROGRESS_ITEMS,
  type ProgressItems,
  type ProgressRecord,
  progressFromItems,
  progressFromRow,
  progressRows,
  REPLACE_PROGRESS,
} from './progress-rows.ts'

/** Of `progress p`. */
const FOUND_COLUMNS = sql.raw(columnsOf('progress', 'p'))
const LOCK_ROWS = sql`order by p.player_id, p.title_id, p.achievement_id for no key update of p`

export function progressQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /** Returns the stored progress of these keys, in no order; a key without progress is left out. */
    listAt: (keys: readonly ProgressKey[]) => listAt(keys, sql``),

    /**
     * As `listAt`; locks the rows, in sorted order, until the end of the transaction. The players' titles must be locked
     * exclusively: then no other transaction inserts progress either.
     */
    lockAt: (keys: readonly ProgressKey[]) => listAt(keys, LOCK_ROWS),

    /** Returns a player's progress on an achievement, and the achievement's version; undefined if there is no such achievement. */
    async find({ playerId, titleId, achievementId }: ProgressKey): Promise<
      | {
          readonly id: string
          readonly etag: string
          /** Undefined before the first report. */
          readonly progress: Progress | undefined
        }
      | undefined
    > {
      const { rows } = await fixed<{ etag: string; items: ProgressItems }>`
        select a.revision::text as etag, json_build_array(${PROGRESS_ITEMS}) as items
        from achievements a
        left join progress p on p.player_id = ${playerId} and p.title_id = a.title_id and p.achievement_id = a.id
        where a.title_id = ${titleId} and a.id = ${achievementId}`.execute(db)
      const [row] = rows
      return row && { id: achievementId, etag: row.etag, progress: progressFromItems(row.items) }
    },

    async listOfPlayerTitle({ playerId, titleId }: PlayerTitleKey): Promise<readonly ProgressRecord[]> {
      const rows = await db
        .selectFrom('progress')
        .select(COLUMNS.progress)
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .execute()
      return rows.map(progressFromRow)
    },

    /** As `listOfPlayerTitle`, with the locks of `lockAt`. */
    async lockOfPlayerTitle({ playerId, titleId }: PlayerTitleKey): Promise<readonly ProgressRecord[]> {
      const { rows } = await sql<Row<'progress'>>`
        select ${FOUND_COLUMNS} from progress p where player_id = ${playerId} and title_id = ${titleId}
        ${LOCK_ROWS}`.execute(db)
      return rows.map(progressFromRow)
    },

    /** Writes progress. Its rows must be locked, and the players' titles too. */
    async upsert(records: readonly ProgressRecord[]): Promise<void> {
      await fixed`insert into progress (${PROGRESS_COLUMNS}, version)
        select ${PROGRESS_COLUMNS}, ${FIRST_VERSION} from ${table('r', progressRows(records))}
        order by player_id, title_id, achievement_id
        ${REPLACE_PROGRESS}`.execute(db)
    },

    async delete(keys: readonly ProgressKey[]): Promise<void> {
      await sql`
        delete from progress p
        using ${keyTable(keys)} as keys (player_id, title_id, achievement_id)
        where p.player_id = keys.player_id and p.title_id = keys.title_id
          and p.achievement_id = keys.achievement_id`.execute(db)
    },

    async existsForAchievement(titleId: string, achievementId: string): Promise<boolean> {
      const row = await db
        .selectFrom('progress')
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .select('player_id')
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    /** Resets what a challenge counted, so that no later window finds it. Unlocks stay. The rows of the players must be locked. */
    async resetCounts(titleId: string, achievementId: string): Promise<void> {
      await sql`
        update progress set state = 'not_started', "values" = '{}', reported_percent = 0, percent = 0,
          first_report_time = null, last_report_time = null, window_start = null, version = version + 1
        where title_id = ${titleId} and achievement_id = ${achievementId} and state <> 'achieved'`.execute(db)
    },

    /**
     * Deletes all progress on one achievement, with an event each, and subtracts it from the players' totals. The rows of
     * the players must be locked.
     */
    async deleteOfAchievement(
      titleId: string,
      achievementId: string,
      score: bigint,
      change: Pick<NewEvent, 'time' | 'actor' | 'requestId'>,
    ): Promise<void> {
      const players = sql`select player_id from progress
        where title_id = ${titleId} and achievement_id = ${achievementId} order by player_id`
      await insertResetEvents(db, { titleId, achievementId, reason: '', ...change }, players)
      await sql`
        update player_titles s set unlocked_count = s.unlocked_count - 1, score = s.score - ${score}::bigint,
          last_unlock_time = (
            select max(other.unlock_time) from progress other
            where other.player_id = s.player_id and other.title_id = s.title_id and not other.revoked
              and other.achievement_id <> ${achievementId})
        from progress p
        where p.title_id = ${titleId} and p.achievement_id = ${achievementId}
          and p.state = 'achieved' and not p.revoked
          and s.player_id = p.player_id and s.title_id = p.title_id`.execute(db)
      await db
        .deleteFrom('progress')
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .execute()
    },
  }

  function listAt(
    keys: readonly ProgressKey[],
    lock: RawBuilder<unknown>,
  ): Promise<readonly ProgressRecord[]> {
    return forEachGroup(
      sharding,
      keys,
      ({ playerId }) => playerId,
      (group) => listGroupAt(group, lock),
    )
  }

  async function listGroupAt(
    keys: readonly ProgressKey[],
    lock: RawBuilder<unknown>,
  ): Promise<readonly ProgressRecord[]> {
    const playerIds = keys.map(({ playerId }) => playerId)
    const { rows } = await sql<Row<'progress'>>`
      select ${FOUND_COLUMNS} from progress p
      join ${keyTable(keys)} as keys (player_id, title_id, achievement_id)
        on p.player_id = keys.player_id and p.title_id = keys.title_id
        and p.achievement_id = keys.achievement_id
      where ${ofPlayers(sharding, 'p.player_id', playerIds)}
      ${lock}`.execute(db)
    return rows.map(progressFromRow)
  }
}

function keyTable(keys: readonly ProgressKey[]) {
  return sql`unnest(${keys.map(({ playerId }) => playerId)}::text[], ${keys.map(({ titleId }) => titleId)}::text[],
    ${keys.map(({ achievementId }) => achievementId)}::text[])`
}
