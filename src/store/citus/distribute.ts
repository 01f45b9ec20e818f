import type pg from 'pg'
import { withClient } from '../with-client.ts'
import { partitionTables } from './partitions.ts'
import { PLACEMENTS, type Placement } from './placements.ts'

/** For the operator of the database. */
class DistributeError extends Error {
  override readonly name = 'DistributeError'
}

export interface DistributeOptions {
  /** How many shards the tables of players have. By default `SHARDS_PER_NODE` for each node that stores shards. */
  readonly shardCount?: number | undefined
}

/** The shards move to new nodes whole, so their number limits the number of nodes, until they are split. */
export const SHARDS_PER_NODE = 2
export const MAX_SHARDS = 64_000

interface PlacedTable {
  readonly table: string
  readonly placement: Placement
  /** Whether this call placed it. False if it was placed before, or stays on the coordinator. */
  readonly isNew: boolean
}

export interface DistributeReport {
  readonly nodes: number
  /** Of the tables of players. */
  readonly shardCount: number
  readonly tables: readonly PlacedTable[]
}

/**
 * Distributes the tables of a migrated database over the nodes of its Citus cluster, with their rows, in one transaction. Tables that
 * were distributed before do not change. Writes to the tables wait until it ends.
 * @throws DistributeError if the database has no Citus or no node, is not migrated, or Citus rejects a table.
 */
export async function distribute(
  connectionString: string,
  { shardCount }: DistributeOptions = {},
): Promise<DistributeReport> {
  // The end of the connection rolls a failed transaction back.
  return withClient(connectionString, async (client) => {
    await client.query('begin')
    await requireCitus(client)
    await requireTables(client)
    const nodes = await countNodes(client)
    // Reference and distributed tables change each other's foreign keys, which Citus supports only in sequence.
    await client.query("set local citus.multi_shard_modify_mode to 'sequential'")
    const placed = await placedTables(client)
    const missing = Object.entries(PLACEMENTS).filter(
      ([table, placement]) => placement.kind !== 'coordinator' && !placed.has(table),
    )
    const count = shardCount ?? nodes * SHARDS_PER_NODE
    if (missing.length > 0) {
      // Citus refuses to distribute a table while another one refers to it.
      const keys = await dropForeignKeys(client)
      if (!placed.has('accounts')) await keyAccountsByPlayer(client)
      const partitions = placed.has('events') ? [] : await partitionTables(client)
      for (const [table, placement] of missing) await placeTable(client, table, placement, count)
      for (const partition of partitions) await truncateLocal(client, partition)
      for (const key of keys) await run(client, key.table, `alter table ${key.table} ${key.definition}`)
    }
    const actualCount = await countShards(client)
    await client.query('commit')
    return {
      nodes,
      shardCount: actualCount,
      tables: Object.entries(PLACEMENTS).map(([table, placement]) => ({
        table,
        placement,
        isNew: missing.some(([name]) => name === table),
      })),
    }
  })
}

/** Returns the names of the reference and distributed tables. Citus lists local tables too, once a foreign key links them to one. */
async function placedTables(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ name: string }>(
    "select logicalrelid::regclass::text as name from pg_dist_partition where partmethod = 'h' or repmodel = 't'",
  )
  return new Set(rows.map(({ name }) => name))
}

interface ForeignKey {
  readonly table: string
  /** `add constraint ...`. */
  readonly definition: string
}

/** Drops the foreign keys between the tables and returns them. */
async function dropForeignKeys(client: pg.Client): Promise<readonly ForeignKey[]> {
  const { rows } = await client.query<ForeignKey & { name: string }>(
    `select conrelid::regclass::text as table, quote_ident(conname) as name,
      format('add constraint %I %s', conname, pg_get_constraintdef(oid)) as definition
    from pg_constraint
    where contype = 'f' and conparentid = 0 and conrelid = any (
      select to_regclass(name) from unnest($1::text[]) as name)
    order by conrelid, conname`,
    [Object.keys(PLACEMENTS)],
  )
  for (const { table, name } of rows) await run(client, table, `alter table ${table} drop constraint ${name}`)
  return rows
}

/** A unique constraint of a sharded table includes its column, so the accounts are unique in a table of their own. */
async function keyAccountsByPlayer(client: pg.Client): Promise<void> {
  const statements = [
    'alter table accounts drop constraint accounts_pkey, add primary key (player_id, id, dialect)',
    'truncate account_keys',
    'insert into account_keys (id, dialect, player_id) select id, dialect, player_id from accounts',
  ]
  for (const statement of statements) await run(client, 'accounts', statement)
}

async function placeTable(
  client: pg.Client,
  table: string,
  placement: Placement,
  shardCount: number,
): Promise<void> {
  if (placement.kind === 'coordinator') return
  if (placement.kind === 'reference') {
    await run(client, table, 'select create_reference_table($1::regclass)', [table])
  } else if (placement.with === 'none') {
    await run(
      client,
      table,
      "select create_distributed_table($1::regclass, $2, colocate_with => 'none', shard_count => $3)",
      [table, placement.column, shardCount],
    )
  } else {
    await run(client, table, 'select create_distributed_table($1::regclass, $2, colocate_with => $3)', [
      table,
      placement.column,
      placement.with,
    ])
  }
  await truncateLocal(client, table)
}

/** Citus copies the rows to the shards. Hidden rows remain in the coordinator's own table. */
async function truncateLocal(client: pg.Client, table: string): Promise<void> {
  await run(client, table, 'select truncate_local_data_after_distributing_table($1::regclass)', [table])
}

async function run(
  client: pg.Client,
  table: string,
  statement: string,
  values: unknown[] = [],
): Promise<void> {
  try {
    await client.query(statement, values)
  } catch (cause) {
    throw new DistributeError(`Citus cannot distribute the table ${table}, so all tables stay as they were`, {
      cause,
    })
  }
}

async function requireCitus(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ created: boolean; available: boolean }>(`select
    exists (select from pg_extension where extname = 'citus') as created,
    exists (select from pg_available_extensions where name = 'citus') as available`)
  const [found] = rows
  if (found?.created) return
  throw new DistributeError(
    found?.available
      ? 'the Citus extension is installed but not enabled in this database: run CREATE EXTENSION citus in it, on each node'
      : 'this Postgres has no Citus extension, so there is nothing to distribute the tables over: point DATABASE_URL at the ' +
          'coordinator of a Citus cluster',
  )
}

/** Returns the number of nodes that store shards. */
async function countNodes(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ nodes: number; knows_coordinator: boolean }>(
    `select (count(*) filter (where shouldhaveshards))::integer as nodes,
      coalesce(bool_or(groupid = 0), false) as knows_coordinator
    from pg_dist_node where isactive and noderole = 'primary'`,
  )
  const { nodes = 0, knows_coordinator: knowsCoordinator = false } = rows[0] ?? {}
  if (!knowsCoordinator) {
    throw new DistributeError(
      "the cluster does not know its coordinator, which has to have a copy of each reference table: run SELECT citus_set_coordinator_host('HOST', PORT) first, with the address at which the other nodes reach it",
    )
  }
  if (nodes > 0) return nodes
  throw new DistributeError(
    "the cluster has no node that stores shards: add one with SELECT citus_add_node('HOST', PORT), or let the coordinator store shards with SELECT citus_set_node_property('HOST', PORT, 'shouldhaveshards', true)",
  )
}

async function countShards(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::integer as count from pg_dist_shard where logicalrelid = 'players'::regclass",
  )
  return rows[0]?.count ?? 0
}

async function requireTables(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select name from unnest($1::text[]) as name where to_regclass(name) is null',
    [Object.keys(PLACEMENTS)],
  )
  const missing = rows.map(({ name }) => name)
  if (missing.length === 0) return
  throw new DistributeError(`the database has no table ${missing.join(', ')}: run laurel db migrate first`)
}
