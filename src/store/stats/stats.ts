import { type Kysely, sql } from 'kysely'
import { formatJson } from '../../model/exact-json.ts'
import type { Instant } from '../../model/instant.ts'
import type { ListPart } from '../../model/list-part.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Stat, StatValue } from '../../model/stat.ts'
import { ofPlayers, type Sharding } from '../citus/sharding.ts'
import { COLUMNS, columnsOf } from '../columns.ts'
import type { Row, Tables } from '../schema.ts'
import { containsText } from '../text-filter.ts'
import { listWithinBytes } from '../within-bytes.ts'

export type StatValueKey = PlayerTitleKey & { readonly code: string }
export type StatValueWrite = StatValueKey & { readonly value: number; readonly updateTime: Instant }

export interface StatHolderFilter {
  readonly titleId: string
  readonly code: string
  readonly descending: boolean
  readonly offset: number
  readonly limit: number
}

/** Of `stat_values v`. */
const VALUE_COLUMNS = sql.raw(columnsOf('stat_values', 'v'))

const contains = (text: string) => containsText([sql`code`, sql`display_name`], text)

export function statQueries(db: Kysely<Tables>, sharding: Sharding) {
  const select = () => db.selectFrom('stats').select(COLUMNS.stats)

  return {
    async insert(stat: Stat): Promise<void> {
      await db.insertInto('stats').values(toRow(stat)).execute()
    },

    /** Inserts the stats that do not exist yet, without bounds and with a default of 0. */
    async insertMissing(titleId: string, codes: readonly string[], time: Instant): Promise<void> {
      if (codes.length === 0) return
      await sql`
        insert into stats (title_id, code, display_name, default_value, increment_only, set_by, create_time, update_time)
        select ${titleId}, code, code, 0, false, 'server', ${time}::bigint, ${time}::bigint
        from unnest(${[...codes].sort()}::text[]) as list (code)
        on conflict (title_id, code) do nothing`.execute(db)
    },

    async listByCodes(titleId: string, codes: readonly string[]): Promise<readonly Stat[]> {
      const rows = await select()
        .where('title_id', '=', titleId)
        .where('code', '=', sql<string>`any(${[...codes]}::text[])`)
        .execute()
      return rows.map(fromRow)
    },

    /** Lists and share-locks stats, or all of a title, until the end of the transaction: updates and deletes wait. */
    async lockShared(titleId: string, codes: readonly string[] | 'all'): Promise<readonly Stat[]> {
      let query = select().where('title_id', '=', titleId)
      if (codes !== 'all') query = query.where('code', '=', sql<string>`any(${[...codes]}::text[])`)
      const rows = await query.orderBy('code').forKeyShare().execute()
      return rows.map(fromRow)
    },

    /** Locks stats in order of code, so that updates of their values wait. */
    async lockExclusive(titleId: string, codes: readonly string[]): Promise<void> {
      if (codes.length === 0) return
      await db
        .selectFrom('stats')
        .select('code')
        .where('title_id', '=', titleId)
        .where('code', '=', sql<string>`any(${[...codes]}::text[])`)
        .orderBy('code')
        .forUpdate()
        .execute()
    },

    /** Returns the stat, locked until the end of the transaction. */
    async lock(titleId: string, code: string): Promise<Stat | undefined> {
      const row = await select()
        .where('title_id', '=', titleId)
        .where('code', '=', code)
        .forUpdate()
        .executeTakeFirst()
      return row && fromRow(row)
    },

    /** Returns the stats whose code or name contains a text, in order of code, after the given one. */
    async list(titleId: string, after: string, limit: number, text = ''): Promise<ListPart<Stat>> {
      const query = select()
        .where('title_id', '=', titleId)
        .where(contains(text))
        .where('code', '>', after)
        .orderBy('code')
        .limit(limit)
      const { items, isCut } = await listWithinBytes(db, query, sql`pg_column_size(extensions)`, sql`code`)
      return { items: items.map(fromRow), isCut }
    },

    /** Returns the number of stats whose code or name contains a text. */
    async count(titleId: string, text = ''): Promise<number> {
      const row = await db
        .selectFrom('stats')
        .where('title_id', '=', titleId)
        .where(contains(text))
        .select(({ fn }) => fn.countAll<bigint>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(row.count)
    },

    async update(stat: Stat): Promise<void> {
      await db
        .updateTable('stats')
        .set({ ...toRow(stat), revision: sql`revision + 1` })
        .where('title_id', '=', stat.titleId)
        .where('code', '=', stat.code)
        .execute()
    },

    /** Deletes one stat, or all of a title, with the players' values. */
    async delete(titleId: string, code: string | 'all'): Promise<void> {
      let values = db.deleteFrom('stat_values').where('title_id', '=', titleId)
      let stats = db.deleteFrom('stats').where('title_id', '=', titleId)
      if (code !== 'all') {
        values = values.where('code', '=', code)
        stats = stats.where('code', '=', code)
      }
      await values.execute()
      await stats.execute()
    },

    /** Lists a player's values in order of code. */
    async listValues({ playerId, titleId }: PlayerTitleKey): Promise<readonly StatValue[]> {
      const rows = await db
        .selectFrom('stat_values')
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .orderBy('code')
        .select(['code', 'value', 'create_time', 'update_time'])
        .execute()
      return rows.map(toValue)
    },

    /** Returns the values of the given stats for each player and title. */
    async findValues(
      keys: readonly PlayerTitleKey[],
      codes: readonly string[],
    ): Promise<readonly (StatValue & PlayerTitleKey)[]> {
      const playerIds = keys.map(({ playerId }) => playerId)
      const { rows } = await sql<Row<'stat_values'>>`
        select ${VALUE_COLUMNS} from stat_values v
        join (
          select distinct player_id, title_id
          from unnest(${playerIds}::text[], ${keys.map(({ titleId }) => titleId)}::text[])
            as list (player_id, title_id)
        ) as keys on v.player_id = keys.player_id and v.title_id = keys.title_id
        where v.code = any(${[...codes]}::text[]) and ${ofPlayers(sharding, 'v.player_id', playerIds)}`.execute(
        db,
      )
      return rows.map((row) => ({ ...toValue(row), playerId: row.player_id, titleId: row.title_id }))
    },

    /** Lists the values of a stat, sorted by value, then by player. */
    async listHolders(
      filter: StatHolderFilter,
    ): Promise<readonly (StatValue & { readonly playerId: string })[]> {
      const direction = filter.descending ? 'desc' : 'asc'
      const rows = await db
        .selectFrom('stat_values')
        .where('title_id', '=', filter.titleId)
        .where('code', '=', filter.code)
        .orderBy('value', direction)
        .orderBy('player_id', direction)
        .offset(filter.offset)
        .limit(filter.limit)
        .select(COLUMNS.stat_values)
        .execute()
      return rows.map((row) => ({ playerId: row.player_id, ...toValue(row) }))
    },

    /** Returns false if the player has no value of the stat. */
    async deleteValue({ playerId, titleId }: PlayerTitleKey, code: string): Promise<boolean> {
      const row = await db
        .deleteFrom('stat_values')
        .where('player_id', '=', playerId)
        .where('title_id', '=', titleId)
        .where('code', '=', code)
        .returning('code')
        .executeTakeFirst()
      return row !== undefined
    },

    /** Lists those of the stats that have a value for at least one player. */
    async listCodesWithValues(titleId: string, codes: readonly string[]): Promise<readonly string[]> {
      // Citus supports no subquery that refers to rows of a list.
      if (sharding.isDistributed) return filterHavingValues(db, titleId, codes)
      const { rows } = await sql<{ code: string }>`
        select code from unnest(${[...codes]}::text[]) as list (code)
        where exists (select 1 from stat_values v where v.title_id = ${titleId} and v.code = list.code)`.execute(
        db,
      )
      return rows.map(({ code }) => code)
    },

    async upsertValues(values: readonly StatValueWrite[]): Promise<void> {
      const rows = formatJson(
        values.map(({ playerId, titleId, code, value, updateTime }) => ({
          player_id: playerId,
          title_id: titleId,
          code,
          value,
          update_time: updateTime,
        })),
      )
      await sql`
        insert into stat_values (player_id, title_id, code, value, create_time, update_time)
        select player_id, title_id, code, value, update_time, update_time from jsonb_to_recordset(${rows}::jsonb)
          as r (player_id text, title_id text, code text, value double precision, update_time bigint)
        order by player_id, title_id, code
        on conflict (player_id, title_id, code) do update
          set value = excluded.value, update_time = excluded.update_time`.execute(db)
    },
  }
}

/** Returns those of the codes that a player has a value of, by a statement for each. */
async function filterHavingValues(
  db: Kysely<Tables>,
  titleId: string,
  codes: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = []
  for (const code of codes) {
    const ofCode = db.selectFrom('stat_values').select('code').where('title_id', '=', titleId)
    if (await ofCode.where('code', '=', code).limit(1).executeTakeFirst()) found.push(code)
  }
  return found
}

function toRow(stat: Stat) {
  return {
    title_id: stat.titleId,
    code: stat.code,
    display_name: stat.displayName,
    default_value: stat.defaultValue,
    minimum: stat.minimum ?? null,
    maximum: stat.maximum ?? null,
    increment_only: stat.incrementOnly,
    set_by: stat.setBy,
    extensions: sql<Row<'stats'>['extensions']>`${formatJson(stat.extensions)}::jsonb`,
    create_time: stat.createTime,
    update_time: stat.updateTime,
  }
}

function fromRow(row: Row<'stats'>): Stat {
  return {
    titleId: row.title_id,
    code: row.code,
    displayName: row.display_name,
    defaultValue: row.default_value,
    minimum: row.minimum ?? undefined,
    maximum: row.maximum ?? undefined,
    incrementOnly: row.increment_only,
    setBy: row.set_by,
    extensions: row.extensions as unknown as Stat['extensions'],
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: String(row.revision),
  }
}

function toValue(row: Pick<Row<'stat_values'>, 'code' | 'value' | 'create_time' | 'update_time'>): StatValue {
  return { code: row.code, value: row.value, createTime: row.create_time, updateTime: row.update_time }
}
