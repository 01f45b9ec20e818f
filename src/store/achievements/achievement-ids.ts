import { type Kysely, sql } from 'kysely'
import { idTable } from '../id-table.ts'
import type { Tables } from '../schema.ts'

export function achievementIdQueries(db: Kysely<Tables>) {
  return {
    /** Returns achievement ids by dialect id; unknown dialect ids are left out. */
    async findAchievements(
      titleId: string,
      dialect: string,
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, string>> {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom(idTable(ids).as('requested'))
        .crossJoinLateral((builder) =>
          builder
            .selectFrom('achievement_ids')
            .select('achievement_id')
            .where('title_id', '=', titleId)
            .where('dialect', '=', dialect)
            .whereRef('achievement_ids.id', '=', 'requested.id')
            .limit(sql.lit(1))
            .as('found'),
        )
        .select(['requested.id', 'achievement_id'])
        .execute()
      return new Map(rows.map(({ id, achievement_id }) => [id, achievement_id]))
    },

    /** Returns all ids of a title's achievements in a dialect. */
    async listTaken(titleId: string, dialect: string): Promise<ReadonlySet<string>> {
      const rows = await db
        .selectFrom('achievement_ids')
        .where('title_id', '=', titleId)
        .where('dialect', '=', dialect)
        .select('id')
        .execute()
      return new Set(rows.map(({ id }) => id))
    },

    /** Inserts ids that Laurel created, by achievement id, and raises the etags. An achievement with an id in the dialect keeps it. */
    async insert(titleId: string, dialect: string, ids: ReadonlyMap<string, string>): Promise<void> {
      if (ids.size === 0) return
      await sql`
        insert into achievement_ids (title_id, dialect, id, achievement_id)
        select ${titleId}, ${dialect}, id, achievement_id
        from unnest(${[...ids.values()]}::text[], ${[...ids.keys()]}::text[]) as r (id, achievement_id)
        on conflict (title_id, achievement_id, dialect) do nothing`.execute(db)
      const minted = [...ids.values()].map((id) => JSON.stringify({ [dialect]: id }))
      // Citus supports functions of rows only if they are immutable, which jsonb_build_object is not.
      await sql`
        update achievements set
          revision = revision + 1,
          definition = jsonb_set(definition, '{mintedIds}', coalesce(definition -> 'mintedIds', '{}') || r.minted)
        from unnest(${minted}::jsonb[], ${[...ids.keys()]}::text[]) as r (minted, achievement_id)
        where title_id = ${titleId} and achievements.id = r.achievement_id`.execute(db)
    },
  }
}
