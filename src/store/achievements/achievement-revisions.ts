import { type Kysely, sql } from 'kysely'
import type { AchievementRevision } from '../../model/achievement.ts'
import type { ListPart } from '../../model/list-part.ts'
import { COLUMNS } from '../columns.ts'
import type { DefinitionChange } from '../events/events.ts'
import { idTable } from '../id-table.ts'
import type { Row, Tables } from '../schema.ts'
import { listWithinBytes } from '../within-bytes.ts'
import { type AchievementRow, DEFINITION_SIZE, fromRow, idsColumn } from './achievements.ts'

/** Revisions that are kept of each achievement. */
export const MAX_REVISIONS = 100

interface RevisionKey {
  readonly titleId: string
  readonly achievementId: string
}

export function achievementRevisionQueries(db: Kysely<Tables>) {
  const select = ({ titleId, achievementId }: RevisionKey) =>
    db
      .selectFrom('achievement_revisions')
      .select(COLUMNS.achievement_revisions)
      .where('title_id', '=', titleId)
      .where('achievement_id', '=', achievementId)

  return {
    /** Copies achievements as they are now, in the transaction that has written them. */
    async insert(
      titleId: string,
      achievementIds: readonly string[],
      { time, actor, requestId = '' }: DefinitionChange,
    ): Promise<void> {
      if (achievementIds.length === 0) return
      await sql`
        insert into achievement_revisions (title_id, achievement_id, revision, time, actor, request_id, list_order, lifecycle,
          hidden, tags, definition, ids, create_time, update_time)
        select title_id, achievements.id, revision, ${time}::bigint, ${actor}, ${requestId}, list_order, lifecycle, hidden, tags,
          definition, ${idsColumn}::jsonb, create_time, update_time
        from ${idTable(achievementIds)} requested
        cross join lateral (
          select title_id, id, revision, list_order, lifecycle, hidden, tags, definition, create_time, update_time
          from achievements where title_id = ${titleId} and id = requested.id limit 1
        ) achievements`.execute(db)
    },

    /** Deletes revisions beyond the maximum. */
    async deleteOldest(titleId: string, achievementIds: readonly string[]): Promise<void> {
      if (achievementIds.length === 0) return
      await sql`
        delete from achievement_revisions r where title_id = ${titleId}
          and achievement_id = any(${[...achievementIds]}::text[])
          and revision <= (select revision from achievement_revisions
            where title_id = r.title_id and achievement_id = r.achievement_id
            order by revision desc offset ${sql.lit(MAX_REVISIONS)} limit 1)`.execute(db)
    },

    async find(key: RevisionKey, revisionId: bigint): Promise<AchievementRevision | undefined> {
      const row = await select(key).where('revision', '=', revisionId).executeTakeFirst()
      return row && fromRevisionRow(row)
    },

    /** Returns revisions before one, newest first. */
    async list(
      key: RevisionKey,
      before: bigint | undefined,
      limit: number,
    ): Promise<ListPart<AchievementRevision>> {
      let query = select(key).orderBy('revision', 'desc').limit(limit)
      if (before !== undefined) query = query.where('revision', '<', before)
      const { items, isCut } = await listWithinBytes(db, query, DEFINITION_SIZE, sql`revision desc`)
      return { items: items.map(fromRevisionRow), isCut }
    },
  }
}

function fromRevisionRow(row: Row<'achievement_revisions'>): AchievementRevision {
  const achievement: Omit<AchievementRow, 'stat_codes' | 'score'> = { ...row, id: row.achievement_id }
  return { achievement: fromRow(achievement), time: row.time, actor: row.actor, requestId: row.request_id }
}
