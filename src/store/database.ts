import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { clusterError } from './citus/cluster-error.ts'
import type { ListNodeWriters } from './citus/node-writers.ts'
import { readSharding, type Sharding } from './citus/sharding.ts'
import type { RunTogether } from './pipeline.ts'
import { type Queries, queriesOn } from './queries.ts'
import type { Tables } from './schema.ts'

/** Runs a statement with values, prepared if connections keep prepared statements. */
export type RunStatement = (text: string, values: unknown[]) => Promise<pg.QueryResult>

/** The database that connections lead to: one Postgres, a coordinator, or a node of a cluster. */
export interface Database<Statements> {
  readonly settings: readonly string[]
  /** Whether a statement of the store may be several. */
  readonly isDistributed: boolean
  /** Starts a transaction, by a statement that may be several. */
  begin(client: pg.ClientBase, statement: string): Promise<void>
  /** Ends a transaction. */
  end(client: pg.ClientBase, statement: 'commit' | 'rollback'): Promise<void>
  statementsOn(client: pg.ClientBase, run: RunStatement, together: RunTogether): Statements
}

export const ONE_DATABASE_SETTINGS = ['plan_cache_mode = force_generic_plan']
/** A server that stalls between two statements must not keep the others out. */
export const STALLED_TRANSACTION = 'idle_in_transaction_session_timeout = 30000'
/**
 * Citus cannot choose shards in a generic plan. A transaction that changes definitions on all nodes, and then rows of players, needs
 * one connection to each node: several would wait for each other.
 */
const CLUSTER_SETTINGS = [
  'plan_cache_mode = force_custom_plan',
  'citus.multi_shard_modify_mode = sequential',
  'citus.max_adaptive_executor_pool_size = 1',
  // Calls that need a lost node must not keep the connections from the others for the default of 30 seconds.
  'citus.node_connection_timeout = 2000',
  STALLED_TRANSACTION,
]

/** Reads which statements a database takes: those of one Postgres, or of a cluster's coordinator. */
export async function readDatabase(
  client: pg.ClientBase,
  listNodeWriters: ListNodeWriters,
): Promise<Database<Queries> & { readonly sharding: Sharding }> {
  const sharding = await readSharding(client)
  const query = async (on: pg.ClientBase, statement: string) => {
    await on.query(statement).catch((error: unknown) => {
      throw sharding.isDistributed ? clusterError(error) : error
    })
  }
  return {
    sharding,
    isDistributed: sharding.isDistributed,
    settings: sharding.isDistributed ? CLUSTER_SETTINGS : ONE_DATABASE_SETTINGS,
    begin: query,
    end: query,
    statementsOn: (client, run, together) =>
      queriesOn(
        kyselyOn(sharding.isDistributed ? runOnCluster(client, run, sharding) : run),
        client,
        sharding,
        together,
        listNodeWriters,
      ),
  }
}

/** Returns the query builder whose statements are run by a function. */
export function kyselyOn(query: RunStatement): Kysely<Tables> {
  const pool = { connect: async () => ({ query, release: () => {} }), end: async () => {}, options: {} }
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) })
}

function runOnCluster(client: pg.ClientBase, run: RunStatement, { statementOf }: Sharding): RunStatement {
  return async (original, values) => {
    const { text, writesCopies } = statementOf(original)
    try {
      if (writesCopies) await client.query(LOCK_COPIES)
      return await run(text, values)
    } catch (error) {
      throw clusterError(error)
    }
  }
}

/**
 * Citus locks a copied table, and the tables it refers to, until the transaction ends: two transactions that write to several of them
 * in another order would deadlock.
 */
const LOCK_COPIES = 'select pg_advisory_xact_lock(5108210373)'
