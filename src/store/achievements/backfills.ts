import { type Kysely, type SqlBool, sql } from 'kysely'
import type { Backfill, BackfillKey } from '../../model/backfill.ts'
import { COLUMNS } from '../columns.ts'
import type { Row, Tables } from '../schema.ts'

type NewBackfill = Pick<
  Backfill,
  'achievementId' | 'silent' | 'resetRequirements' | 'actor' | 'requestId' | 'createTime'
>

export function backfillQueries(db: Kysely<Tables>) {
  const select = () => db.selectFrom('backfills').select(COLUMNS.backfills)

  return {
    /** Starts a back-fill for each achievement; a running back-fill starts again. */
    async start(titleId: string, backfills: readonly NewBackfill[]): Promise<void> {
      if (backfills.length === 0) return
      await db
        .insertInto('backfills')
        .values(
          backfills.map(({ achievementId, silent, resetRequirements, actor, requestId, createTime }) => ({
            title_id: titleId,
            achievement_id: achievementId,
            state: 'running' as const,
            silent,
            reset_requirements: [...resetRequirements],
            actor,
            request_id: requestId,
            create_time: createTime,
            update_time: createTime,
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(['title_id', 'achievement_id']).doUpdateSet((row) => ({
            state: row.ref('excluded.state'),
            silent: row.ref('excluded.silent'),
            // A running back-fill may not have reset its requirements for all players yet.
            reset_requirements: sql`excluded.reset_requirements ||
              case when backfills.state = 'running' then backfills.reset_requirements else '{}' end`,
            actor: row.ref('excluded.actor'),
            request_id: row.ref('excluded.request_id'),
            create_time: row.ref('excluded.create_time'),
            update_time: row.ref('excluded.update_time'),
            last_player_id: '',
            player_count: 0n,
            unlock_count: 0n,
          })),
        )
        .execute()
    },

    /** Returns running back-fills after a key, in order of title and achievement. */
    async listRunning(after: BackfillKey, limit: number): Promise<readonly BackfillKey[]> {
      const rows = await db
        .selectFrom('backfills')
        .select(['title_id', 'achievement_id'])
        .where('state', '=', sql.lit('running'))
        .where(sql<SqlBool>`(title_id, achievement_id) > (${after.titleId}, ${after.achievementId})`)
        .orderBy('title_id')
        .orderBy('achievement_id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ titleId: row.title_id, achievementId: row.achievement_id }))
    },

    /** Lists a title's back-fills after an achievement, in order of achievement. */
    async list(titleId: string, achievementId: string, limit: number): Promise<readonly Backfill[]> {
      const rows = await select()
        .where('title_id', '=', titleId)
        .where('achievement_id', '>', achievementId)
        .orderBy('achievement_id')
        .limit(limit)
        .execute()
      return rows.map(toBackfill)
    },

    async find({ titleId, achievementId }: BackfillKey): Promise<Backfill | undefined> {
      const row = await select()
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .executeTakeFirst()
      return row && toBackfill(row)
    },

    /** Locks a running back-fill until the end of the transaction. Undefined if it is done, or if another process has locked it. */
    async claim({ titleId, achievementId }: BackfillKey): Promise<Backfill | undefined> {
      const row = await select()
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .where('state', '=', sql.lit('running'))
        .forUpdate()
        .skipLocked()
        .executeTakeFirst()
      return row && toBackfill(row)
    },

    async update(backfill: Backfill): Promise<void> {
      const { titleId, achievementId, state, lastPlayerId, playerCount, unlockCount, updateTime } = backfill
      await db
        .updateTable('backfills')
        .set({
          state,
          last_player_id: lastPlayerId,
          player_count: BigInt(playerCount),
          unlock_count: BigInt(unlockCount),
          update_time: updateTime,
        })
        .where('title_id', '=', titleId)
        .where('achievement_id', '=', achievementId)
        .execute()
    },

    /**
     * Lists the players whom a definition may concern, in order of id: those with unfinished progress on the achievement, and
     * those with a value of one of the stats.
     */
    async listPlayers(
      { titleId, achievementId }: BackfillKey,
      statCodes: readonly string[],
      afterPlayerId: string,
      limit: number,
    ): Promise<readonly string[]> {
      const holders = statCodes.map(
        (code) => sql`(select player_id from stat_values
          where title_id = ${titleId} and code = ${code} and player_id > ${afterPlayerId}
          order by player_id limit ${limit})`,
      )
      const started = sql`(select player_id from progress
        where title_id = ${titleId} and achievement_id = ${achievementId} and player_id > ${afterPlayerId}
          and state <> 'achieved'
        order by player_id limit ${limit})`
      const { rows } = await sql<{ player_id: string }>`
        select player_id from (${sql.join([started, ...holders], sql` union `)}) as players
        order by player_id limit ${limit}`.execute(db)
      return rows.map((row) => row.player_id)
    },
  }
}

function toBackfill(row: Row<'backfills'>): Backfill {
  return {
    titleId: row.title_id,
    achievementId: row.achievement_id,
    state: row.state,
    silent: row.silent,
    resetRequirements: row.reset_requirements,
    actor: row.actor,
    requestId: row.request_id,
    lastPlayerId: row.last_player_id,
    playerCount: Number(row.player_count),
    unlockCount: Number(row.unlock_count),
    createTime: row.create_time,
    updateTime: row.update_time,
  }
}
