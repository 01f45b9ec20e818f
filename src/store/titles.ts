import { type Kysely, type RawBuilder, sql } from 'kysely'
import { formatJson as json } from '../model/exact-json.ts'
import type { Binding, Title } from '../model/title.ts'
import type { Row, Tables } from './schema.ts'

export function titleQueries(db: Kysely<Tables>) {
  const selectTitles = () => db.selectFrom('titles').selectAll().select(bindingsColumn.as('bindings'))

  return {
    async insertTitle(title: Title): Promise<void> {
      await db
        .insertInto('titles')
        .values({ ...toRow(title), id: title.id })
        .execute()
    },

    /** Makes a title unless another transaction has made it; false when it has, after waiting for that one. */
    async insertNewTitle(title: Title): Promise<boolean> {
      const row = await db
        .insertInto('titles')
        .values({ ...toRow(title), id: title.id })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },

    async titleById(id: string): Promise<Title | undefined> {
      const row = await selectTitles().where('id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    /**
     * The title, locked against other changes until the end of the transaction. What only refers to it, such as the
     * first report of a player, goes on.
     */
    async lockTitle(id: string): Promise<Title | undefined> {
      const row = await selectTitles().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
      return row && fromRow(row)
    },

    /** The same, locked against what refers to it too. */
    async lockTitleAlone(id: string): Promise<Title | undefined> {
      const row = await selectTitles().where('id', '=', id).forUpdate().executeTakeFirst()
      return row && fromRow(row)
    },

    /** In order of id. */
    async titlesAfter(id: string, limit: number): Promise<readonly Title[]> {
      const rows = await selectTitles().where('id', '>', id).orderBy('id').limit(limit).execute()
      return rows.map(fromRow)
    },

    /** Ids of the titles that any of the binding's ids belongs to. */
    async titleIdsBoundTo(dialect: string, binding: Binding): Promise<readonly string[]> {
      const names = Object.keys(binding)
      const rows = await db
        .selectFrom('title_bindings')
        .innerJoin(pairs(names, Object.values(binding)).as('wanted'), (join) =>
          join
            .onRef('title_bindings.name', '=', 'wanted.name')
            .onRef('title_bindings.value', '=', 'wanted.value'),
        )
        .where('dialect', '=', dialect)
        .select('title_id')
        .distinct()
        .execute()
      return rows.map(({ title_id }) => title_id)
    },

    /** Writes all of a title; the revision counts up. */
    async updateTitle(title: Title): Promise<void> {
      await db
        .updateTable('titles')
        .set({ ...toRow(title), revision: sql`revision + 1` })
        .where('id', '=', title.id)
        .execute()
    },

    /** Makes the title's bindings exactly these. */
    async replaceBindings(titleId: string, bindings: Title['bindings']): Promise<void> {
      await db.deleteFrom('title_bindings').where('title_id', '=', titleId).execute()
      const rows = Object.entries(bindings).flatMap(([dialect, binding]) =>
        Object.entries(binding).map(([name, value]) => ({ dialect, name, value })),
      )
      if (rows.length === 0) return
      await sql`
        insert into title_bindings (dialect, name, value, title_id)
        select dialect, name, value, ${titleId} from jsonb_to_recordset(${json(rows)}::jsonb)
          as r (dialect text, name text, value text)`.execute(db)
    },

    async deleteTitle(id: string): Promise<void> {
      await db.deleteFrom('titles').where('id', '=', id).execute()
    },

    /** How many achievements a title has, and what they are worth in all. */
    async titleTotals(titleId: string): Promise<{ achievementCount: number; maxScore: bigint }> {
      const row = await db
        .selectFrom('achievements')
        .where('title_id', '=', titleId)
        .select(({ fn }) => [
          fn.countAll<bigint>().as('count'),
          sql<bigint>`coalesce(sum(score), 0)::bigint`.as('score'),
        ])
        .executeTakeFirstOrThrow()
      return { achievementCount: Number(row.count), maxScore: row.score }
    },
  }
}

const bindingsColumn = sql<readonly [string, string, string][]>`(
  select coalesce(json_agg(json_build_array(b.dialect, b.name, b.value) order by b.dialect, b.name), '[]')
  from title_bindings b where b.title_id = titles.id)`

function pairs(
  names: readonly string[],
  values: readonly string[],
): RawBuilder<{ name: string; value: string }> {
  return sql`(select * from unnest(${names}::text[], ${values}::text[]) as pair (name, value))`
}

type TitleRow = Row<'titles'> & { readonly bindings: readonly [string, string, string][] }

function toRow(title: Title) {
  return {
    display_name: title.displayName,
    default_locale: title.defaultLocale,
    extensions: sql<Row<'titles'>['extensions']>`${json(title.extensions)}::jsonb`,
    create_time: title.createTime,
    update_time: title.updateTime,
  }
}

function fromRow(row: TitleRow): Title {
  const dialects = [...new Set(row.bindings.map(([dialect]) => dialect))]
  const bindings = dialects.map((wanted) => {
    const entries = row.bindings.filter(([dialect]) => dialect === wanted)
    return [wanted, Object.fromEntries(entries.map(([, name, value]) => [name, value]))] as const
  })
  return {
    id: row.id,
    displayName: row.display_name,
    defaultLocale: row.default_locale,
    bindings: Object.fromEntries(bindings),
    extensions: row.extensions as Title['extensions'],
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: String(row.revision),
  }
}
