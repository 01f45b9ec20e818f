import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams'
import { type MigrationTransaction, withMigrationLock } from '../migrate.ts'
import { migrations as known } from '../migrations/index.ts'
import { BackupError, type BackupHeader, type BackupSummary } from './format.ts'
import { readBackup } from './read-backup.ts'
import { existingTables, lastEventId, setForCopy } from './session.ts'
import { BACKED_UP_TABLES, TABLES_WITH_FIRST_ROWS } from './tables.ts'

export interface RestoreOptions {
  readonly signal: AbortSignal
  /** Called with the size of each part of the rows. */
  readonly onBytes: (bytes: number) => void
}

/** More than any database assigns: events of a second, and the versions of new progress. */
const IDS_PER_SECOND = 100_000n
const DAY_IN_SECONDS = 86_400n

const CONNECTIONS_TIMEOUT_MILLISECONDS = 5_000
const CONNECTIONS_POLL_MILLISECONDS = 50

const TABLES_WITH_ETAGS = ['titles', 'achievements', 'stats', 'players', 'destinations']

/**
 * Restores a backup into an empty database, and migrates it to the newest schema: in one transaction, so that a kill leaves the
 * database as it was.
 * @throws BackupError
 */
export async function restore(
  connectionString: string,
  file: string,
  { signal, onBytes }: RestoreOptions,
): Promise<BackupSummary> {
  return withMigrationLock(connectionString, async (transaction) => {
    const { client } = transaction
    await setForCopy(client)
    await refuseOtherConnections(client, signal)
    const earlierIds = await dropEmptyTables(client)
    const loader = new Loader(transaction, onBytes)
    const summary = await readBackup(file, loader, signal).catch((error: Error) => {
      loader.stop(error)
      throw error
    })
    await advanceEventIds(transaction, summary.header, earlierIds)
    await renewEtags(client)
    // Only the rows of a cluster: one Postgres would keep them beyond the accounts, and `distribute` writes its own.
    await client.query('truncate account_keys')
    return summary
  })
}

/** Loads the rows into the schema that they were read from. */
class Loader {
  readonly #transaction: MigrationTransaction
  readonly #onBytes: (bytes: number) => void
  #header: BackupHeader | undefined
  #copy: CopyStreamQuery | undefined
  #failure: Error | undefined

  constructor(transaction: MigrationTransaction, onBytes: (bytes: number) => void) {
    this.#transaction = transaction
    this.#onBytes = onBytes
  }

  async header(header: BackupHeader): Promise<void> {
    checkVersion(header)
    this.#header = header
    await this.#transaction.migrate(header.migrations.at(-1))
    // Migrations insert first rows. A table that was truncated in the transaction also takes rows as frozen.
    const names = header.tables.map(({ name }) => pg.escapeIdentifier(name))
    await this.#transaction.client.query(`truncate ${names.join(', ')}`)
  }

  startTable(table: string): void {
    const columns = this.#header?.tables.find(({ name }) => name === table)?.columns ?? []
    const list = columns.map(pg.escapeIdentifier).join(', ')
    const statement = `copy ${pg.escapeIdentifier(table)} (${list}) from stdin (freeze)`
    const copy = this.#transaction.client.query(copyFrom(statement))
    copy.on('error', (error) => {
      this.#failure ??= error
      // The stream would go on to write its buffered parts, to a connection that it has given up.
      copy.destroy()
    })
    this.#copy = copy
  }

  async rows(rows: Buffer): Promise<void> {
    this.#onBytes(rows.length)
    const copy = this.#running()
    if (!copy.write(rows)) await once(copy, 'drain')
  }

  async endTable(): Promise<void> {
    const copy = this.#running()
    copy.end()
    await finished(copy)
    this.#copy = undefined
  }

  /** Ends the statement that runs, so that the transaction can be rolled back. */
  stop(error: Error): void {
    if (this.#failure === undefined) this.#copy?.destroy(error)
  }

  #running(): CopyStreamQuery {
    if (this.#failure !== undefined) throw this.#failure
    return this.#copy as CopyStreamQuery
  }
}

/** @throws BackupError for a backup of a newer version */
function checkVersion({ migrations, laurelVersion, tables }: BackupHeader): void {
  const own = Object.keys(known).slice(0, migrations.length)
  const isKnown = migrations.every((name, index) => name === own[index])
  if (isKnown && tables.every(({ name }) => BACKED_UP_TABLES.includes(name))) return
  const unknown = migrations.filter((name, index) => name !== own[index])
  throw new BackupError(
    `the backup was made by a newer version of Laurel (${laurelVersion}), with migrations that this one does not have ` +
      `(${unknown.join(', ')}): restore it with that version or a newer one`,
  )
}

/**
 * Servers would go on with stale caches. As for `drop database`, nothing else may be connected, and connections that are ending are waited
 * for.
 */
async function refuseOtherConnections(client: pg.ClientBase, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + CONNECTIONS_TIMEOUT_MILLISECONDS
  for (;;) {
    const count = await countOtherConnections(client)
    if (count === 0) return
    if (performance.now() > deadline)
      throw new BackupError(
        `other connections (${count}) use the database: stop all servers of it, and end sessions of psql and connections of poolers`,
      )
    await wait(CONNECTIONS_POLL_MILLISECONDS, undefined, { signal })
  }
}

async function countOtherConnections(client: pg.ClientBase): Promise<number> {
  // A transaction sees the connections of its first look otherwise.
  await client.query('select pg_stat_clear_snapshot()')
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
       and not starts_with(application_name, 'citus_')`,
  )
  return rows[0]?.count ?? 0
}

/** Drops the tables of an empty database, and returns the last id that it has assigned to an event. */
async function dropEmptyTables(client: pg.ClientBase): Promise<bigint> {
  const tables = await existingTables(client, BACKED_UP_TABLES)
  for (const { name } of tables) {
    if (TABLES_WITH_FIRST_ROWS.includes(name)) continue
    const { rowCount } = await client.query(`select from ${pg.escapeIdentifier(name)} limit 1`)
    if (rowCount !== 0)
      throw new BackupError(
        `the database is not empty (${name} has rows): restore into an empty one, as \`create database\` or a new ` +
          'LAUREL_DATA_DIR gives',
      )
  }
  // Citus drops distributed tables together with copied ones only so.
  await client.query(`set local citus.multi_shard_modify_mode to 'sequential'`)
  const lastId = tables.some(({ name }) => name === 'events') ? await lastEventId(client) : 0n
  const names = [...tables.map(({ name }) => name), 'kysely_migration', 'kysely_migration_lock']
  await client.query(`drop table if exists ${names.map(pg.escapeIdentifier).join(', ')}`)
  return lastId
}

/**
 * Migrates to the newest schema, and sets the ids of events far beyond all that the database can have assigned since the backup:
 * watches, webhooks and etags have seen them.
 */
async function advanceEventIds(
  { client, migrate }: MigrationTransaction,
  { createTime, eventPosition }: BackupHeader,
  earlierIds: bigint,
): Promise<void> {
  const { rows } = await client.query<{ seconds: string }>(
    'select greatest(extract(epoch from clock_timestamp() - $1::timestamptz), 0)::bigint as seconds',
    [createTime],
  )
  const last = BigInt(eventPosition) > earlierIds ? BigInt(eventPosition) : earlierIds
  const position = last + (BigInt(rows[0]?.seconds ?? 0) + DAY_IN_SECONDS) * IDS_PER_SECOND
  await client.query(`select setval('events_id_seq', $1)`, [position])
  await migrate()
  await client.query(
    `insert into restores (position, backup_position, backup_time, time)
     select $1, $2, ${ticksOf('$3::timestamptz')}, ${ticksOf('clock_timestamp()')}`,
    [position, eventPosition, createTime],
  )
}

/** Sets etags beyond those of lost updates: an etag that a caller got from one must not fit a later state. */
async function renewEtags(client: pg.ClientBase): Promise<void> {
  for (const table of TABLES_WITH_ETAGS)
    await client.query(
      `update ${table} set revision = greatest(revision + 1000000, (extract(epoch from clock_timestamp()) * 1000000)::bigint)`,
    )
}

function ticksOf(expression: string): string {
  return `(extract(epoch from ${expression}) * 10000000)::bigint`
}
