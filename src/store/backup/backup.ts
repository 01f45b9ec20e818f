import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { NodeWriterList } from '../citus/node-writers.ts'
import { listShards, type ShardPlacement } from '../citus/shard-placements.ts'
import { migrations as known } from '../migrations/index.ts'
import { BackupError, type BackupHeader, type BackupSummary, FORMAT, FORMAT_VERSION } from './format.ts'
import { existingTables, lastEventId } from './session.ts'
import { openSnapshot } from './snapshot.ts'
import { BACKED_UP_TABLES } from './tables.ts'
import { checkNew, writeBackup } from './write-backup.ts'

export interface BackupOptions {
  /** The version of this program. */
  readonly laurelVersion: string
  readonly signal: AbortSignal
  /** Called with the size of each part of the rows. */
  readonly onBytes: (bytes: number) => void
}

const WRITERS_POLL_MILLISECONDS = 20
const WRITERS_TIMEOUT_MILLISECONDS = 60_000

/**
 * Writes all tables of a database to a file, as one snapshot, while servers write. It locks out migrations until its end, and
 * nothing else.
 * @throws BackupError
 */
export async function backup(
  connectionString: string,
  file: string,
  { laurelVersion, signal, onBytes }: BackupOptions,
): Promise<BackupSummary> {
  await checkNew(file)
  const client = new pg.Client({ connectionString, keepAlive: true })
  // A connection that is lost fails the statement that runs.
  client.on('error', () => {})
  await client.connect()
  try {
    const tables = await existingTables(client, BACKED_UP_TABLES)
    if (!tables.some(({ name }) => name === 'events'))
      throw new BackupError('the database has no tables of Laurel: check DATABASE_URL and LAUREL_DATA_DIR')
    const shards = await listShards(client)
    const eventPosition = await completePosition(client, connectionString, shards, signal)
    await using snapshot = await openSnapshot(
      { client, connectionString, tables: tables.map(({ name }) => name), signal },
      shards,
    )
    const header: BackupHeader = {
      format: FORMAT,
      formatVersion: FORMAT_VERSION,
      laurelVersion,
      ...(await describe(client)),
      eventPosition: String(eventPosition),
      tables: await existingTables(client, BACKED_UP_TABLES),
    }
    if (header.tables.length !== tables.length)
      throw new BackupError('the database was migrated while the backup began: run it again')
    const columnsOf = new Map(header.tables.map(({ name, columns }) => [name, columns]))
    async function* rows(table: string) {
      for await (const part of snapshot.rows(table, columnsOf.get(table) ?? [])) {
        onBytes(part.length)
        yield part
      }
    }
    return await writeBackup(file, { header, rows }, signal)
  } finally {
    await client.end()
  }
}

/** Describes the snapshot. @throws BackupError for a schema of a newer version, whose tables this one does not know */
async function describe(
  client: pg.ClientBase,
): Promise<Pick<BackupHeader, 'createTime' | 'postgresVersion' | 'migrations'>> {
  const { rows } = await client.query<{ migrations: string[]; postgresVersion: string; createTime: string }>(
    `select array_agg(name::text order by name) as migrations, current_setting('server_version') as "postgresVersion",
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "createTime"
     from kysely_migration`,
  )
  const [description] = rows
  if (description === undefined) throw new Error('the database did not describe itself')
  const unknown = description.migrations.filter((name) => !Object.hasOwn(known, name))
  if (unknown.length > 0)
    throw new BackupError(
      `the database has migrations that this version does not know (${unknown.join(', ')}): ` +
        'back it up with the version that its servers run',
    )
  return description
}

/**
 * Returns a position up to which all events are committed, so that a snapshot from now on has them: the last assigned id, once the
 * transactions that may still commit an event at or below it have ended. They hold the lock of writers on the table; on a cluster, nodes
 * may have others.
 */
async function completePosition(
  client: pg.ClientBase,
  connectionString: string,
  shards: readonly ShardPlacement[],
  signal: AbortSignal,
): Promise<bigint> {
  await using stack = new AsyncDisposableStack()
  const list = stack.adopt(new NodeWriterList(connectionString), (opened) => opened.close())
  const nodes = [...new Map(shards.map((shard) => [shard.group, shard])).values()]
  const find = async () => {
    const onNodes = await list.of(nodes)
    if (onNodes === undefined)
      throw new BackupError('a node of the cluster cannot be asked for its transactions')
    return [...(await findWriters(client)), ...onNodes.writers, ...onNodes.prepared]
  }
  const position = await lastEventId(client)
  const deadline = performance.now() + WRITERS_TIMEOUT_MILLISECONDS
  for (let open: readonly string[] = await find(); open.length > 0; ) {
    if (performance.now() > deadline)
      throw new BackupError(
        'a transaction has been writing events for more than a minute: run the backup again when it has ended',
      )
    await wait(WRITERS_POLL_MILLISECONDS, undefined, { signal })
    const now = await find()
    open = open.filter((writer) => now.includes(writer))
  }
  return position
}

async function findWriters(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ writer: string }>(
    `select distinct virtualtransaction as writer from pg_locks
     where locktype = 'relation' and relation = 'events'::regclass and mode = 'RowExclusiveLock' and granted
       and database = (select oid from pg_database where datname = current_database())`,
  )
  return rows.map(({ writer }) => writer)
}
