import { type Kysely, type RawBuilder, sql } from 'kysely'
import { LaurelError } from '../../model/errors.ts'
import { formatJson as json } from '../../model/exact-json.ts'
import type { Binding, BindingId, Title } from '../../model/title.ts'
import type { Tables } from '../schema.ts'

interface TakenBinding extends BindingId {
  readonly owner: string
  /** True for the owner's own id, false for one of its bindings. */
  readonly is_title_id: boolean
}

export function titleBindingQueries(db: Kysely<Tables>) {
  return {
    /** Returns the ids of the titles that are bound to any of the binding's values. */
    async findTitleIds(dialect: string, binding: Binding): Promise<readonly string[]> {
      const names = Object.keys(binding)
      const rows = await db
        .selectFrom('title_bindings')
        .innerJoin(pairs(names, Object.values(binding)).as('requested'), (join) =>
          join
            .onRef('title_bindings.name', '=', 'requested.name')
            .onRef('title_bindings.value', '=', 'requested.value'),
        )
        .where('dialect', '=', dialect)
        .select('title_id')
        .distinct()
        .execute()
      return rows.map(({ title_id }) => title_id)
    },

    /** Returns the ids among these that are titles' own. */
    async findExistingTitleIds(ids: readonly string[]): Promise<readonly string[]> {
      const rows = await db
        .selectFrom('titles')
        .where('id', '=', sql<string>`any(${ids}::text[])`)
        .select('id')
        .execute()
      return rows.map(({ id }) => id)
    },

    /**
     * Replaces the bindings of a title. Bindings that it has already are not checked again.
     * @param following ids that follow from new bindings, which no other title may have or be bound to either
     * @throws LaurelError BINDING_TAKEN for a value that another title is bound to, or that is another title's own id.
     */
    async replace(
      titleId: string,
      bindings: Title['bindings'],
      following: readonly BindingId[],
    ): Promise<void> {
      const rows = rowsOf(bindings)
      const requested = recordset(rows)
      const claims = [...rows, ...following]
      await sql`
        delete from title_bindings b where title_id = ${titleId} and not exists (select from ${requested}
          where r.dialect = b.dialect and r.name = b.name and r.value = b.value)`.execute(db)
      if (rows.length === 0) return
      await lockNames(
        db,
        claims.map(({ value }) => value),
      )
      const isNew = sql`not exists (select from title_bindings b where b.title_id = ${titleId}
        and b.dialect = r.dialect and b.name = r.name and b.value = r.value)`
      const found = await sql<TakenBinding>`
        select r.dialect, r.name, r.value, b.title_id as owner, false as is_title_id
        from ${recordset(claims)} join title_bindings b on b.dialect = r.dialect and b.name = r.name and b.value = r.value
        where b.title_id <> ${titleId}
        union all
        select r.dialect, r.name, r.value, t.id, true
        from ${recordset(claims)} join titles t on t.id = r.value where t.id <> ${titleId} and ${isNew}
        limit 1`.execute(db)
      const [taken] = found.rows
      if (taken !== undefined) throw bindingTaken(titleId, taken)
      await sql`
        insert into title_bindings (dialect, name, value, title_id)
        select dialect, name, value, ${titleId} from ${requested} where ${isNew}`.execute(db)
    },
  }
}

function rowsOf(bindings: Title['bindings']): readonly BindingId[] {
  return Object.entries(bindings).flatMap(([dialect, binding]) =>
    Object.entries(binding).map(([name, value]) => ({ dialect, name, value })),
  )
}

function recordset(rows: readonly BindingId[]) {
  return sql`jsonb_to_recordset(${json(rows.map((row) => ({ ...row })))}::jsonb) as r (dialect text, name text, value text)`
}

/** @throws LaurelError BINDING_TAKEN when another title is bound to this id in any dialect, or to an id that follows from it. */
export async function checkTitleIdIsUnbound(
  db: Kysely<Tables>,
  titleId: string,
  following: readonly BindingId[],
): Promise<void> {
  await lockNames(db, [titleId, ...following.map(({ value }) => value)])
  const { rows } = await sql<Omit<TakenBinding, 'is_title_id'>>`
    select dialect, name, value, title_id as owner from title_bindings
    where title_id <> ${titleId} and value = ${titleId}
    union all
    select b.dialect, b.name, b.value, b.title_id
    from ${recordset(following)} join title_bindings b on b.dialect = r.dialect and b.name = r.name and b.value = r.value
    where b.title_id <> ${titleId}
    limit 1`.execute(db)
  const [bound] = rows
  if (bound === undefined) return
  const { dialect, name, value, owner } = bound
  const what =
    value === titleId
      ? `bound to it in ${dialect} (${name})`
      : `bound to ${name} ${value} in ${dialect}, from which it follows`
  const message = `a title cannot have the id ${titleId}: title ${owner} is ${what}; choose another id`
  const metadata = { titleId, dialect, boundTitleId: owner, [name]: value }
  throw new LaurelError('already_exists', 'BINDING_TAKEN', message, { metadata })
}

/**
 * Locks texts as title ids until the end of the transaction. A binding must not be another title's own id, and no constraint
 * spans two tables: so inserting a title or a binding locks its text first, and then checks the other table.
 */
async function lockNames(db: Kysely<Tables>, names: readonly string[]): Promise<void> {
  await sql`
    insert into title_names (name) select distinct name from unnest(${names}::text[]) as r (name) order by name
    on conflict (name) do update set name = excluded.name`.execute(db)
}

function bindingTaken(titleId: string, taken: TakenBinding): LaurelError {
  const { dialect, name, value, owner } = taken
  const reason = taken.is_title_id ? `is the id of title ${owner}` : `belongs to title ${owner}`
  const message = `title ${titleId} cannot be bound to ${name} ${value} in ${dialect}, which ${reason}`
  const metadata = { titleId, dialect, boundTitleId: owner, [name]: value }
  return new LaurelError('already_exists', 'BINDING_TAKEN', message, { metadata })
}

function pairs(
  names: readonly string[],
  values: readonly string[],
): RawBuilder<{ name: string; value: string }> {
  return sql`(select * from unnest(${names}::text[], ${values}::text[]) as pair (name, value))`
}
