import { checkConnection } from '../../store/check-connection.ts'
import { listRegisteredNodes } from '../../store/citus/cluster-nodes.ts'
import { COORDINATOR } from '../../store/citus/node-address.ts'
import { detectConnectionMode } from '../../store/connection-mode.ts'
import { migrationState } from '../../store/migrate.ts'
import { withClient } from '../../store/with-client.ts'
import { checkConnections, connectionsTo, type Processes } from './check-connections.ts'
import { checkWorker } from './check-worker.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const OLDEST_VERSION = 15
const MAX_CLOCK_SECONDS = 1

interface Facts {
  readonly version: number
  readonly text: string
  readonly encoding: string
  readonly connections: number
  readonly canCreate: boolean
  readonly schema: string | null
  readonly unreadable: string | null
  readonly seconds: number
  readonly bytes: bigint
}

const FACTS = `
  select current_setting('server_version_num')::int / 10000 as version, current_setting('server_version') as text,
    current_setting('server_encoding') as encoding,
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
    coalesce(has_schema_privilege(current_schema(), 'create'), false) as "canCreate", current_schema() as schema,
    (select string_agg(tablename, ', ') from pg_tables where schemaname = current_schema()
      and not has_table_privilege(quote_ident(schemaname) || '.' || quote_ident(tablename), 'select, insert, update, delete')) as unreadable,
    extract(epoch from clock_timestamp())::float8 as seconds, pg_database_size(current_database()) as bytes`

/** Checks a database that runs, and the workers of its cluster, without a change to them. */
export async function checkDatabase(
  connectionString: string,
  processes: Processes,
): Promise<readonly Finding[]> {
  try {
    await checkConnection(connectionString)
  } catch (error) {
    return [fail('database', reasonOf(error))]
  }
  return withClient(connectionString, async (client) => {
    const start = Date.now()
    const { rows } = await client.query<Facts>(FACTS)
    const facts = rows[0] as Facts
    const middle = (start + Date.now()) / 2
    const nodes = await listRegisteredNodes(client)
    const workers = nodes.filter(({ group }) => group !== COORDINATOR)
    const coordinator = nodes.find(({ group }) => group === COORDINATOR)
    return [
      checkVersion(facts, Date.now() - start),
      checkClock(facts.seconds - middle / 1000),
      checkPermissions(facts),
      checkConnections('connections', facts.connections, connectionsTo(coordinator, processes)),
      await checkMigrations(connectionString),
      await checkMode(connectionString),
      ...(await Promise.all(workers.map((node) => checkWorker(node, connectionString, processes)))).flat(),
    ]
  })
}

function checkVersion({ version, text, encoding, bytes }: Facts, milliseconds: number): Finding {
  const found = `PostgreSQL ${text}, ${encoding}, ${(Number(bytes) / 2 ** 20).toFixed(0)} MiB, responds within ${milliseconds} ms`
  if (version >= OLDEST_VERSION) return ok('database', found)
  return fail('database', `${found}: Laurel needs version ${OLDEST_VERSION} or newer`)
}

function checkClock(ahead: number): Finding {
  const seconds = Math.abs(ahead)
  const found = `the database's clock is ${seconds.toFixed(2)} s ${ahead < 0 ? 'behind' : 'ahead of'} this machine's`
  return seconds <= MAX_CLOCK_SECONDS
    ? ok('clock', found)
    : warn('clock', `${found}: synchronise both by NTP`)
}

function checkPermissions({ canCreate, schema, unreadable }: Facts): Finding {
  if (schema === null) return fail('permissions', 'no schema of the search_path exists: grant usage on one')
  if (unreadable !== null)
    return fail(
      'permissions',
      `the user may not read and write ${unreadable}: make it the owner of the tables`,
    )
  if (!canCreate)
    return warn(
      'permissions',
      `the user may not create tables in ${schema}, so another must run laurel db migrate`,
    )
  return ok('permissions', `the user may migrate, read and write ${schema}`)
}

async function checkMigrations(connectionString: string): Promise<Finding> {
  const { applied, pending, unknown } = await migrationState(connectionString)
  if (unknown.length > 0)
    return fail(
      'migrations',
      `the schema has ${unknown.join(', ')}, which this version does not know: install a newer one`,
    )
  const found = `${applied.length} applied`
  return ok(
    'migrations',
    pending.length === 0 ? found : `${found}; the server applies ${pending.join(', ')} when it starts`,
  )
}

async function checkMode(connectionString: string): Promise<Finding> {
  const { keepsSettings, keepsStatements } = await detectConnectionMode(connectionString)
  if (keepsSettings) return ok('pooler', 'connections keep their session')
  return ok(
    'pooler',
    `connections keep no session${keepsStatements ? '' : ' and no prepared statements'}, as behind a pooler in transaction mode`,
  )
}
