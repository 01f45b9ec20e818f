import { type Kysely, type SqlBool, sql } from 'kysely'
import {
  type Achievement,
  type Provenance,
  type StoredAchievement,
  scoreOf,
} from '../../model/achievement.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ListPart } from '../../model/list-part.ts'
import type { Sharding } from '../citus/sharding.ts'
import { COLUMNS } from '../columns.ts'
import { idDigestOf, idTable } from '../id-table.ts'
import { jsonBatches } from '../json-batches.ts'
import type { Row, Tables } from '../schema.ts'
import { listWithinBytes } from '../within-bytes.ts'
import { type AchievementConditions, CONTENT_HASH, matches } from './conditions.ts'
import { definitionFromJson, definitionToJson } from './definition.ts'

export type AchievementOrder = 'list_order' | 'create_time' | 'update_time'

export interface AchievementFilter extends AchievementConditions {
  readonly titleId: string
  readonly orderBy: AchievementOrder
  readonly descending: boolean
  /** Digests of the achievements on the pages before: see `idDigestOf`. */
  readonly returned: readonly string[]
  readonly limit: number
}

export type AchievementWrite = Achievement &
  Provenance & { readonly createTime: Instant; readonly updateTime: Instant }

export const DEFINITION_SIZE = sql`pg_column_size(definition)`

const ACHIEVEMENT_COLUMNS = COLUMNS.achievements.map((name) => `achievements.${name}` as const)

export function achievementQueries(db: Kysely<Tables>, sharding: Sharding) {
  const select = (titleId: string) =>
    db
      .selectFrom('achievements')
      .select(ACHIEVEMENT_COLUMNS)
      .select(idsColumn.as('ids'))
      .where('title_id', '=', titleId)
  /** Looks each up by its key, in order of id, and locks it there. */
  const selectNamed = (titleId: string, ids: readonly string[], lock?: 'forUpdate' | 'forKeyShare') =>
    db
      .selectFrom(idTable(ids).as('requested'))
      .crossJoinLateral((builder) => {
        const row = builder
          .selectFrom('achievements')
          .select(COLUMNS.achievements)
          .where('title_id', '=', titleId)
          .whereRef('id', '=', 'requested.id')
          .limit(sql.lit(1))
        return (lock === undefined ? row : row[lock]()).as('achievements')
      })
      .select(ACHIEVEMENT_COLUMNS)
      .select(idsColumn.as('ids'))

  return {
    /** Inserts or replaces definitions and their dialect ids. Replacing raises the etag. */
    async upsert(titleId: string, achievements: readonly AchievementWrite[]): Promise<void> {
      if (achievements.length === 0) return
      for (const rows of jsonBatches(achievements.map((achievement) => toRow(titleId, achievement)))) {
        await sql`
        insert into achievements (title_id, id, list_order, lifecycle, hidden, tags, stat_codes, score, definition,
                                  create_time, update_time)
        select title_id, id, list_order, lifecycle, hidden, tags, stat_codes, score, definition, create_time, update_time
        from jsonb_to_recordset(${rows}::jsonb) as r (title_id text, id text, list_order integer, lifecycle text, hidden boolean,
             tags text[], stat_codes text[], score bigint, definition jsonb, create_time bigint, update_time bigint)
        order by title_id, id
        on conflict (title_id, id) do update set
          list_order = excluded.list_order, lifecycle = excluded.lifecycle, hidden = excluded.hidden, tags = excluded.tags,
          stat_codes = excluded.stat_codes, score = excluded.score, definition = excluded.definition,
          create_time = excluded.create_time, update_time = excluded.update_time,
          revision = achievements.revision + 1`.execute(db)
      }
      await replaceIds(titleId, achievements)
    },

    async listByIds(titleId: string, ids: readonly string[]): Promise<readonly StoredAchievement[]> {
      if (ids.length === 0) return []
      return (await selectNamed(titleId, ids).execute()).map(fromRow)
    },

    /** Returns those of these achievements that exist and are not hidden. */
    async listVisible(titleId: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
      if (ids.length === 0) return new Set()
      const rows = await db
        .selectFrom('achievements')
        .select('id')
        .where('title_id', '=', titleId)
        .where('hidden', '=', false)
        .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
        .execute()
      return new Set(rows.map(({ id }) => id))
    },

    /** Returns the achievements of a title in order of id, after the given one, as many as fit in one message. */
    async listAfter(titleId: string, afterId: string, limit: number): Promise<ListPart<StoredAchievement>> {
      const query = select(titleId).where('id', '>', afterId).orderBy('id').limit(limit)
      const { items, isCut } = await listWithinBytes(db, query, DEFINITION_SIZE, sql`id`)
      return { items: items.map(fromRow), isCut }
    },

    /** As `listByIds`, as many as fit in one message. */
    async listPartByIds(titleId: string, ids: readonly string[]): Promise<ListPart<StoredAchievement>> {
      const named = selectNamed(titleId, ids).orderBy('achievements.id')
      const { items, isCut } = await listWithinBytes(db, named, DEFINITION_SIZE, sql`achievements.id`)
      return { items: items.map(fromRow), isCut }
    },

    /** As `listByIds`; locks the rows in order of id until the end of the transaction. */
    async lock(titleId: string, ids: readonly string[]): Promise<readonly StoredAchievement[]> {
      if (ids.length === 0) return []
      const rows = await selectNamed(titleId, ids, 'forUpdate').execute()
      if (sharding.isDistributed) await lockCopies(titleId, ids)
      return rows.map(fromRow)
    },

    /**
     * As `listByIds`, or all of a title; takes key-share locks until the end of the transaction, so that changes and deletions
     * wait. Taken before player titles are locked, so that their totals count the gamerscore of the current definition.
     */
    async lockShared(titleId: string, ids: readonly string[] | 'all'): Promise<readonly StoredAchievement[]> {
      if (ids.length === 0) return []
      const query =
        ids === 'all'
          ? select(titleId).orderBy('id').forKeyShare('achievements')
          : selectNamed(titleId, ids, 'forKeyShare')
      return (await query.execute()).map(fromRow)
    },

    /** As `lockShared` of all achievements of a title, of which it reads nothing. */
    async lockAllShared(titleId: string): Promise<void> {
      await sql`
        select count(*) from (
          select from achievements where title_id = ${titleId} order by id for key share
        ) locked`.execute(db)
    },

    /** As `lockShared`, for the achievements with a requirement that follows one of the stats. */
    async lockSharedByStats(
      titleId: string,
      codes: readonly string[],
    ): Promise<readonly StoredAchievement[]> {
      const rows = await select(titleId)
        .where(sql<SqlBool>`stat_codes && ${[...codes]}::text[]`)
        .orderBy('id')
        .forKeyShare()
        .execute()
      return rows.map(fromRow)
    },

    async list(filter: AchievementFilter): Promise<ListPart<StoredAchievement>> {
      const column = sql.ref<bigint>(filter.orderBy)
      const direction = filter.descending ? 'desc' : 'asc'
      let query = select(filter.titleId).where(matches(filter))
      if (filter.returned.length > 0) {
        const returned = sql`(select unnest(${[...filter.returned]}::text[]))`
        query = query.where(sql<SqlBool>`${sql.raw(idDigestOf('achievements.id'))} not in ${returned}`)
      }
      const ordered = query.orderBy(column, direction).orderBy('id', direction).limit(filter.limit)
      const order = sql`${column} ${sql.raw(direction)}, id ${sql.raw(direction)}`
      const { items, isCut } = await listWithinBytes(db, ordered, DEFINITION_SIZE, order)
      return { items: items.map(fromRow), isCut }
    },

    /** Returns the number of achievements that the filter selects, on all pages. */
    async count(filter: AchievementConditions & { readonly titleId: string }): Promise<number> {
      const row = await db
        .selectFrom('achievements')
        .where('title_id', '=', filter.titleId)
        .where(matches(filter))
        .select(({ fn }) => fn.countAll<bigint>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },

    /** Returns a stamp of all definitions of a title: equal definitions have equal stamps, whatever ids Laurel created for them. */
    async findStamp(titleId: string): Promise<string> {
      const { rows } = await sql<{ stamp: string }>`
        select concat(count(*), ' ', bit_xor(${CONTENT_HASH})) as stamp from achievements a
        where title_id = ${titleId}`.execute(db)
      return rows[0]?.stamp ?? ''
    },

    /** Returns the name in the default locale of each achievement of a title, by id. */
    async listNames(titleId: string): Promise<ReadonlyMap<string, string>> {
      const rows = await db
        .selectFrom('achievements')
        .where('title_id', '=', titleId)
        .select(['id', sql<string>`definition->'name'->>'text'`.as('name')])
        .execute()
      return new Map(rows.map(({ id, name }) => [id, name]))
    },

    /** Returns the highest list order of a title; 0 without achievements. */
    async findLastListOrder(titleId: string): Promise<number> {
      const row = await db
        .selectFrom('achievements')
        .where('title_id', '=', titleId)
        .select(({ fn }) => fn.max('list_order').as('last'))
        .executeTakeFirst()
      return row?.last ?? 0
    },

    /** Adds `step` to each list order from `from` to `to`, both included. */
    async shiftListOrder(titleId: string, from: number, to: number, step: number): Promise<void> {
      await db
        .updateTable('achievements')
        .set({ list_order: sql`list_order + ${step}` })
        .where('title_id', '=', titleId)
        .where('list_order', '>=', from)
        .where('list_order', '<=', to)
        .execute()
    },

    async delete(titleId: string, ids: readonly string[] | 'all'): Promise<void> {
      let query = db.deleteFrom('achievements').where('title_id', '=', titleId)
      if (ids !== 'all') query = query.where('id', '=', sql<string>`any(${[...ids]}::text[])`)
      await query.execute()
    },
  }

  /** Waits for the reports that nodes are writing, and has later ones wait: they lock the copies of their nodes. */
  async function lockCopies(titleId: string, ids: readonly string[]): Promise<void> {
    await db
      .updateTable('achievements')
      .set({ id: sql.ref('id') })
      .where('title_id', '=', titleId)
      .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
      .execute()
  }

  async function replaceIds(titleId: string, achievements: readonly AchievementWrite[]): Promise<void> {
    const achievementIds = achievements.map(({ id }) => id)
    await db
      .deleteFrom('achievement_ids')
      .where('title_id', '=', titleId)
      .where('achievement_id', '=', sql<string>`any(${achievementIds}::text[])`)
      .execute()
    const rows = achievements.flatMap(({ id, ids }) =>
      Object.entries(ids).map(([dialect, dialectId]) => ({ dialect, id: dialectId, achievement_id: id })),
    )
    if (rows.length === 0) return
    await sql`
      insert into achievement_ids (title_id, dialect, id, achievement_id)
      select ${titleId}, dialect, id, achievement_id from jsonb_to_recordset(${formatJson(rows)}::jsonb)
        as r (dialect text, id text, achievement_id text)`.execute(db)
  }
}

/** The dialect ids of an achievement, by dialect. */
export const idsColumn = sql<Readonly<Record<string, string>>>`(
  select coalesce(json_object_agg(i.dialect, i.id order by i.dialect), '{}') from achievement_ids i
  where i.title_id = achievements.title_id and i.achievement_id = achievements.id)`

export type AchievementRow = Row<'achievements'> & { readonly ids: Readonly<Record<string, string>> }

function toRow(titleId: string, achievement: AchievementWrite): JsonObject {
  const codes = achievement.requirements.map(({ statCode }) => statCode).filter((code) => code !== undefined)
  return {
    title_id: titleId,
    id: achievement.id,
    list_order: achievement.listOrder,
    lifecycle: achievement.lifecycle,
    hidden: achievement.hidden,
    tags: achievement.tags,
    stat_codes: [...new Set(codes)],
    score: scoreOf(achievement),
    definition: definitionToJson(achievement),
    create_time: achievement.createTime,
    update_time: achievement.updateTime,
  }
}

export function fromRow(row: Omit<AchievementRow, 'stat_codes' | 'score'>): StoredAchievement {
  return {
    ...definitionFromJson(row.definition),
    titleId: row.title_id,
    id: row.id,
    listOrder: row.list_order,
    lifecycle: row.lifecycle,
    hidden: row.hidden,
    tags: row.tags,
    ids: row.ids,
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: String(row.revision),
  }
}
