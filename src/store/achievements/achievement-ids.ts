import { type Kysely, sql } from 'kysely'
import { idTable } from '../id-table.ts'
import type { Tables } from '../schema.ts'

export function achievementIdQueries(db: Kysely<Tables>) {
  return {
    /** Our id for each of a dialect's ids that the title knows. */
    async findAchievements(
      titleId: string,
      dialect: string,
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, string>> {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom('achievement_ids')
        .innerJoin(idTable(ids).as('wanted'), 'wanted.id', 'achievement_ids.id')
        .where('title_id', '=', titleId)
        .where('dialect', '=', dialect)
        .select(['achievement_ids.id', 'achievement_id'])
        .execute()
      return new Map(rows.map(({ id, achievement_id }) => [id, achievement_id]))
    },

    /** All ids of a title in a dialect. */
    async listTaken(titleId: string, dialect: string): Promise<ReadonlySet<string>> {
      const rows = await db
        .selectFrom('achievement_ids')
        .where('title_id', '=', titleId)
        .where('dialect', '=', dialect)
        .select('id')
        .execute()
      return new Set(rows.map(({ id }) => id))
    },

    /** Gives achievements their ids in a dialect, which is a change of them; one that has an id there keeps it. */
    async insert(titleId: string, dialect: string, ids: ReadonlyMap<string, string>): Promise<void> {
      if (ids.size === 0) return
      await sql`
        insert into achievement_ids (title_id, dialect, id, achievement_id)
        select ${titleId}, ${dialect}, id, achievement_id
        from unnest(${[...ids.values()]}::text[], ${[...ids.keys()]}::text[]) as r (id, achievement_id)
        on conflict (title_id, achievement_id, dialect) do nothing`.execute(db)
      await sql`
        update achievements set revision = revision + 1
        where title_id = ${titleId} and id = any(${[...ids.keys()]}::text[])`.execute(db)
    },
  }
}
