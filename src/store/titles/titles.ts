import { type Kysely, sql } from 'kysely'
import { formatJson as json } from '../../model/exact-json.ts'
import type { ListPart } from '../../model/list-part.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { BindingId, Title } from '../../model/title.ts'
import { isShownTo } from '../achievements/conditions.ts'
import type { Sharding } from '../citus/sharding.ts'
import { COLUMNS } from '../columns.ts'
import type { Row, Tables } from '../schema.ts'
import { containsText } from '../text-filter.ts'
import { listWithinBytes } from '../within-bytes.ts'
import { checkTitleIdIsUnbound } from './title-bindings.ts'

export function titleQueries(db: Kysely<Tables>, sharding: Sharding) {
  const selectTitles = () =>
    db.selectFrom('titles').select(COLUMNS.titles).select(bindingsColumn.as('bindings'))

  return {
    /**
     * Inserts a title. Returns false if its id exists, after waiting for a transaction that is inserting it.
     * @param following what the id means in the dialects, and the ids there that follow from it
     * @throws LaurelError BINDING_TAKEN when another title is bound to one of these ids.
     */
    async insert(title: Title, following: readonly BindingId[] = []): Promise<boolean> {
      const row = await db
        .insertInto('titles')
        .values({ ...toRow(title), id: title.id })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst()
      if (row === undefined) return false
      await checkTitleIdIsUnbound(db, title.id, following)
      return true
    },

    async find(id: string): Promise<Title | undefined> {
      const row = await selectTitles().where('id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    /**
     * As `find`; locks the row against other changes until the end of the transaction. Inserts that only refer to the title,
     * such as a player's first report, do not wait.
     */
    async lock(id: string): Promise<Title | undefined> {
      const row = await selectTitles().where('id', '=', id).forNoKeyUpdate().executeTakeFirst()
      return row && fromRow(row)
    },

    /** As `lock`; inserts that refer to the title wait too. */
    async lockExclusive(id: string): Promise<Title | undefined> {
      const row = await selectTitles().where('id', '=', id).forUpdate().executeTakeFirst()
      if (sharding.isDistributed) await lockDefinitions(id)
      return row && fromRow(row)
    },

    /** Returns the titles whose id or name contains a text, in order of id, after the given id. */
    async list(afterId: string, limit: number, text = ''): Promise<ListPart<Title>> {
      const found = selectTitles().where(contains(text)).where('id', '>', afterId).orderBy('id').limit(limit)
      const { items, isCut } = await listWithinBytes(db, found, sql`pg_column_size(extensions)`, sql`id`)
      return { items: items.map(fromRow), isCut }
    },

    /** Returns the number of titles whose id or name contains a text. */
    async count(text = ''): Promise<number> {
      const row = await db
        .selectFrom('titles')
        .where(contains(text))
        .select(({ fn }) => fn.countAll<bigint>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },

    /** Writes all columns of a title and raises the etag. */
    async update(title: Title): Promise<void> {
      await db
        .updateTable('titles')
        .set({ ...toRow(title), revision: sql`revision + 1` })
        .where('id', '=', title.id)
        .execute()
    },

    async delete(id: string): Promise<void> {
      await db.deleteFrom('titles').where('id', '=', id).execute()
    },

    /** Returns the number of a title's achievements that a player sees, and their total gamerscore. */
    async findTotals(key: PlayerTitleKey): Promise<{ achievementCount: number; maxScore: bigint }> {
      const row = await db
        .selectFrom('achievements as a')
        .where('title_id', '=', key.titleId)
        .where(await isShownTo(db, sharding, key))
        .select(({ fn }) => [
          fn.countAll<bigint>().as('count'),
          sql<bigint>`coalesce(sum(score), 0)::bigint`.as('score'),
        ])
        .executeTakeFirstOrThrow()
      return { achievementCount: Number(row.count), maxScore: row.score }
    },
  }

  /** Has writes of players wait on a cluster, where they lock other nodes' copies of the title: each locks one of its definitions too. */
  async function lockDefinitions(titleId: string): Promise<void> {
    await sql`select from stats where title_id = ${titleId} order by code for update`.execute(db)
    await sql`select from achievements where title_id = ${titleId} order by id for update`.execute(db)
    // On all nodes, for the reports that these write themselves.
    await sql`update achievements set id = id where title_id = ${titleId}`.execute(db)
  }
}

const contains = (text: string) => containsText([sql`id`, sql`display_name`], text)

const bindingsColumn = sql<readonly [string, string, string][]>`(
  select coalesce(json_agg(json_build_array(b.dialect, b.name, b.value) order by b.dialect, b.name), '[]')
  from title_bindings b where b.title_id = titles.id)`

type TitleRow = Row<'titles'> & { readonly bindings: readonly [string, string, string][] }

function toRow(title: Title) {
  return {
    display_name: title.displayName,
    default_locale: title.defaultLocale,
    extensions: sql<Row<'titles'>['extensions']>`${json(title.extensions)}::jsonb`,
    mask_hidden_in_gateways: title.maskHiddenInGateways,
    create_time: title.createTime,
    update_time: title.updateTime,
  }
}

function fromRow(row: TitleRow): Title {
  const dialects = [...new Set(row.bindings.map(([dialect]) => dialect))]
  const bindings = dialects.map((dialect) => {
    const entries = row.bindings.filter(([of]) => of === dialect)
    return [dialect, Object.fromEntries(entries.map(([, name, value]) => [name, value]))] as const
  })
  return {
    id: row.id,
    displayName: row.display_name,
    defaultLocale: row.default_locale,
    bindings: Object.fromEntries(bindings),
    extensions: row.extensions as Title['extensions'],
    maskHiddenInGateways: row.mask_hidden_in_gateways,
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: String(row.revision),
  }
}
