import { type Kysely, sql } from 'kysely'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { LaurelError } from '../../model/errors.ts'
import type { JsonObject } from '../../model/json.ts'
import { ROW_KINDS, type RowKind } from '../../model/record-line.ts'
import { forEachGroup, type Sharding } from '../citus/sharding.ts'
import { meaningOfError } from '../errors.ts'
import type { Tables } from '../schema.ts'
import { copyLines, rowsAsTable } from './line-sql.ts'
import { columnOf, ROW_TABLES } from './row-tables.ts'

/** How much of an export was imported. */
export interface RecordImport {
  readonly lineCount: number
  /** SHA-256 of these lines. */
  readonly digest: string
}

/** The rows of an export as lines, and back. */
export function recordQueries(db: Kysely<Tables>, client: pg.ClientBase, sharding: Sharding) {
  return {
    /** Yields the lines of a kind: all, or those of titles. Returns their number. */
    async *readLines(kind: RowKind, titleIds: readonly string[]): AsyncGenerator<Buffer, number> {
      const copy = client.query(copyTo(copyLines(kind, titleIds)))
      yield* copy as AsyncIterable<Buffer>
      return copy.rowCount
    },

    /**
     * Inserts rows, in their order. A row that may exist is not changed. Returns whether all rows are stored as they are.
     * @throws LaurelError DOCUMENT_REFUSED if another row of the same key exists, or a row refers to a missing row
     */
    async insert(kind: RowKind, rows: readonly JsonObject[]): Promise<boolean> {
      const { table, constants = {}, shared } = ROW_TABLES[kind]
      const parsed = rowsAsTable(kind, rows)
      const columns = ROW_KINDS[kind].map(({ name }) => `"${columnOf(ROW_TABLES[kind], name)}"`)
      const names = sql.raw([...columns, ...Object.keys(constants)].join(', '))
      const values = sql.raw([...columns, ...Object.values(constants)].join(', '))
      const isSharded = kind === 'account' && sharding.isDistributed
      // On a cluster, they hold the constraint that an account has one player.
      for (const target of isSharded ? ['account_keys', table] : [table])
        await refusingConflicts(
          (columns) => membersOf(kind, columns),
          () =>
            sql`insert into ${sql.table(target)} (${names}) select ${values} from ${parsed} r order by ordinal
            ${sql.raw(shared === undefined ? '' : 'on conflict do nothing')}`.execute(db),
        )
      if (shared === undefined || shared.equal.length === 0) return true
      const same = (list: readonly string[]) =>
        sql.raw(list.map((column) => `t.${column} = r.${column}`).join(' and '))
      const different = await sql`
        select from ${parsed} r left join ${sql.table(isSharded ? 'account_keys' : table)} t on ${same(shared.key)}
        where (${same(shared.equal)}) is not true limit 1`.execute(db)
      return different.rows.length === 0
    },

    /** Returns those of the players who exist, and keeps them from being deleted until the end of the transaction. */
    async lockPlayers(ids: readonly string[]): Promise<ReadonlySet<string>> {
      const rows = await forEachGroup(
        sharding,
        ids,
        (id) => id,
        (group) => {
          const players = db.selectFrom('players').where('id', '=', sql<string>`any(${[...group]}::text[])`)
          return players.select('id').orderBy('id').forKeyShare().execute()
        },
      )
      return new Set(rows.map(({ id }) => id))
    },

    /** Runs a statement that inserts definitions. @throws LaurelError DOCUMENT_REFUSED with the member, if it violates a constraint */
    refusingConflicts: (member: string, insert: () => Promise<unknown>) =>
      refusingConflicts(() => member, insert),

    /** Returns how much of an export was imported. */
    async findImport(id: string): Promise<RecordImport> {
      const row = await db
        .selectFrom('record_imports')
        .select(['line_count', 'digest'])
        .where('id', '=', id)
        .executeTakeFirst()
      return { lineCount: Number(row?.line_count ?? 0), digest: row?.digest ?? '' }
    },

    /** Returns the number of lines that were imported, and locks it until the end of the transaction. */
    async lockImport(id: string): Promise<number> {
      const row = await db
        .insertInto('record_imports')
        .values({ id, line_count: 0n, digest: '' })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ id }))
        .returning('line_count')
        .executeTakeFirstOrThrow()
      return Number(row.line_count)
    },

    async updateImport(id: string, { lineCount, digest }: RecordImport): Promise<void> {
      await db
        .updateTable('record_imports')
        .set({ line_count: BigInt(lineCount), digest })
        .where('id', '=', id)
        .execute()
    },
  }
}

const FOREIGN_KEY_VIOLATION = '23503'
const UNIQUE_VIOLATION = '23505'
const PROBLEMS: Readonly<Record<string, string>> = {
  [FOREIGN_KEY_VIOLATION]: 'must be that of an earlier line: import an export as it was written',
  [UNIQUE_VIOLATION]:
    'must not be here yet: begin with a Laurel that does not have it, and let callers report after the import',
}

const UNSTORABLE = 'must be a value that the database can store: send no larger number and no longer text'

/** @param membersOf the members of columns */
async function refusingConflicts(
  membersOf: (columns: readonly string[]) => string,
  run: () => Promise<unknown>,
): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error
    const problem = meaningOfError(error) === 'value' ? UNSTORABLE : PROBLEMS[error.code ?? '']
    if (problem === undefined) throw error
    const [, columns = ''] = /^Key \(([^)]*)\)=/.exec(error.detail ?? '') ?? []
    const message = `${membersOf(columns.split(', ')) || 'a member'}: ${problem}`
    throw new LaurelError('invalid_argument', 'DOCUMENT_REFUSED', message, { cause: error })
  }
}

function membersOf(kind: RowKind, columns: readonly string[]): string {
  const members = ROW_KINDS[kind].filter(({ name }) => columns.includes(columnOf(ROW_TABLES[kind], name)))
  return members.map(({ name }) => name).join(', ')
}
