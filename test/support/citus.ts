import { randomBytes } from 'node:crypto'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import type { TestContext } from 'vitest'
import { distribute } from '../../src/store/citus/distribute.ts'

const URLS = process.env['TEST_CITUS_URLS']

/** The addresses of a Citus cluster's nodes, coordinator first; empty without a cluster. */
export const citusUrls: readonly string[] = URLS === undefined ? [] : URLS.split(',')

/** Why tests of a cluster cannot run; undefined where they can. */
export const noCitus =
  citusUrls.length > 1
    ? undefined
    : 'TEST_CITUS_URLS does not name a Citus coordinator and at least one worker (addresses in which databases may be created, separated by commas)'

/** Skips a test of one Postgres in a run on a cluster. The reason says what a cluster has elsewhere, or refuses. */
export function skipOnCluster(skip: TestContext['skip'], reason: string): void {
  skip(noCitus === undefined, `on a cluster ${reason}`)
}

/** Why the rows that a statement reads are not counted. */
export const READ_ON_WORKERS = 'workers read the rows, by plans of their own'

/** Returns the address of a database on the server of another one. */
export function urlOfDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Returns the addresses of a test's database: on a cluster those of all nodes. */
export function databasesOf(url: string): readonly string[] {
  const name = new URL(url).pathname.slice(1)
  return noCitus === undefined ? citusUrls.map((node) => urlOfDatabase(node, name)) : [url]
}

/** Creates an empty database on each node of the cluster, and joins them. */
export async function createClusterDatabase(name: string): Promise<void> {
  for (const url of citusUrls) {
    await runOn(url, [`create database ${escapeIdentifier(name)}`])
    await runOn(urlOfDatabase(url, name), ['create extension citus'])
  }
  const [coordinator, ...workers] = citusUrls as [string, ...string[]]
  await runOn(urlOfDatabase(coordinator, name), [
    `select citus_set_coordinator_host(${addressOf(coordinator)})`,
    ...workers.map((worker) => `select citus_add_node(${addressOf(worker)})`),
  ])
}

export interface ClusterDatabase extends AsyncDisposable {
  /** Of the coordinator. */
  readonly url: string
}

/** Creates a database without tables on each node. Disposing drops it. */
export async function openClusterDatabase(): Promise<ClusterDatabase> {
  const name = `laurel_cluster_${randomBytes(6).toString('hex')}`
  await createClusterDatabase(name)
  return {
    url: urlOfDatabase(citusUrls[0] as string, name),
    async [Symbol.asyncDispose]() {
      for (const url of citusUrls) await runOn(url, [`drop database ${escapeIdentifier(name)} with (force)`])
    },
  }
}

/** Distributes the tables of a migrated database, and leaves it without connections, to be cloned. */
export async function makeClusterTemplate(name: string): Promise<void> {
  await distribute(urlOfDatabase(citusUrls[0] as string, name))
  for (const url of citusUrls) {
    await runOn(url, [
      `alter database ${escapeIdentifier(name)} allow_connections false`,
      // The maintenance daemon of Citus stays connected to each database.
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${escapeLiteral(name)}`,
    ])
  }
}

/** Has a node refuse connections to a database and end the present ones, as if it were lost, until disposed. */
export async function loseNode(url: string, name: string): Promise<AsyncDisposable> {
  const [present, away] = [escapeIdentifier(name), escapeIdentifier(`${name}_away`)]
  await runOn(url, [
    `alter database ${present} allow_connections false`,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${escapeLiteral(name)}`,
    // A database that allows none reports that as a conflict.
    `alter database ${present} rename to ${away}`,
  ])
  return {
    [Symbol.asyncDispose]: () =>
      runOn(url, [
        `alter database ${away} rename to ${present}`,
        `alter database ${present} allow_connections true`,
      ]),
  }
}

/** Keeps writers out of a table, on whichever nodes it is, until disposed. @param nodes the addresses of some of them */
export async function lockTable(
  coordinatorUrl: string,
  table: string,
  nodes = databasesOf(coordinatorUrl),
): Promise<AsyncDisposable> {
  const clients: Client[] = []
  for (const url of nodes) {
    const client = new Client({ connectionString: url })
    clients.push(client)
    await client.connect()
    await client.query('begin')
    const names = noCitus === undefined ? await shardsHere(client, table) : [table]
    await client.query('set local citus.enable_manual_changes_to_shards = on')
    for (const name of names) await client.query(`lock table ${name} in exclusive mode`)
  }
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}

/** Returns the names of a table's shards on a node. */
async function shardsHere(client: Client, table: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select shard_name(logicalrelid, shardid) as name from pg_dist_shard join pg_dist_placement using (shardid)
     where logicalrelid = $1::regclass and groupid = (select groupid from pg_dist_local_group)`,
    [table],
  )
  return rows.map(({ name }) => name)
}

/** Moves every shard of players that a node has to another one. */
export async function moveShards(coordinatorUrl: string, from: string, to: string): Promise<void> {
  const { hostname, port } = new URL(from)
  await forEachShard(
    coordinatorUrl,
    `select citus_move_shard_placement(%s, ${addressOf(from)}, ${addressOf(to)}, 'block_writes')`,
    `nodename = ${escapeLiteral(hostname)} and nodeport = ${Number(port || 5432)}`,
  )
}

/** Splits every shard of players in two, on its node. */
export async function splitShards(coordinatorUrl: string): Promise<void> {
  await forEachShard(
    coordinatorUrl,
    `select citus_split_shard_by_split_points(shardid, array[(shardminvalue::bigint + shardmaxvalue::bigint) / 2]::text[],
      array[nodeid, nodeid], 'block_writes')
    from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid) where shardid = %s`,
    'true',
  )
}

/** Runs a statement for each shard of players, one after the other. @param statement `%s` is the id of the shard */
async function forEachShard(coordinatorUrl: string, statement: string, condition: string): Promise<void> {
  const client = new Client({ connectionString: coordinatorUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ shardid: string }>(
      `select shardid::text from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
      where logicalrelid = 'players'::regclass and ${condition} order by shardid`,
    )
    for (const { shardid } of rows) await client.query(statement.replaceAll('%s', shardid))
  } finally {
    await client.end()
  }
}

/** Runs statements on one node. */
async function runOn(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

function addressOf(url: string): string {
  const { hostname, port } = new URL(url)
  return `${escapeLiteral(hostname)}, ${port === '' ? 5432 : Number(port)}`
}
