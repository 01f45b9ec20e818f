import pg from 'pg'
import type { Tables } from './schema.ts'

/** How a table spreads over the nodes of a Citus cluster. */
export type Placement =
  /** Copied to each node. */
  | { readonly kind: 'reference' }
  /** Cut by a column; tables that are colocated keep equal values of it on one node. */
  | { readonly kind: 'distributed'; readonly column: string; readonly with: keyof Tables | 'none' }

const COPIED: Placement = { kind: 'reference' }
const BY_PLAYER: Placement = { kind: 'distributed', column: 'player_id', with: 'players' }

/** Every table, in the order in which it can be placed: what a foreign key names comes first. */
export const PLACEMENTS: Readonly<Record<keyof Tables, Placement>> = {
  titles: COPIED,
  title_bindings: COPIED,
  title_names: COPIED,
  achievements: COPIED,
  achievement_ids: COPIED,
  stats: COPIED,
  community_progress: COPIED,
  definition_requests: COPIED,
  images: COPIED,
  event_marks: COPIED,
  destinations: COPIED,
  destination_flows: COPIED,
  players: { kind: 'distributed', column: 'id', with: 'none' },
  player_titles: BY_PLAYER,
  progress: BY_PLAYER,
  stat_values: BY_PLAYER,
  contributions: BY_PLAYER,
  events: BY_PLAYER,
  player_requests: BY_PLAYER,
  delivery_queues: BY_PLAYER,
  deliveries: BY_PLAYER,
  // Found by account and not by player, so cut by the account's id.
  accounts: { kind: 'distributed', column: 'id', with: 'none' },
}

/** What the command line says of it, in its help and in whatever it prints. */
export const DISTRIBUTE_IS_EXPERIMENTAL =
  'experimental: support of Citus is not finished, and no Laurel runs on a cluster yet. Citus refuses the foreign keys ' +
  'of these tables ("cannot create foreign key constraint"), so nothing is spread; what is missing is a schema that it ' +
  'takes, and tests of all statements on a cluster'

/** Why the tables could not be spread: for whoever runs the database. */
class DistributeError extends Error {
  override readonly name = 'DistributeError'
}

/**
 * Spreads the tables of a migrated database over the nodes of its Citus cluster, with what they hold, in one
 * transaction. Tables that are spread already stay as they are. Experimental: Citus refuses the tables as they are.
 * @throws DistributeError where the database has no Citus, is not migrated, or Citus refuses a table.
 */
export async function distribute(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query('begin')
    await requireCitus(client)
    await requireTables(client)
    // Copies and cuts change each other's foreign keys, which Citus does one shard after the other only.
    await client.query("set local citus.multi_shard_modify_mode to 'sequential'")
    const { rows } = await client.query<{ name: string }>(
      'select logicalrelid::regclass::text as name from pg_dist_partition',
    )
    const withIds = new Set(rows.map(({ name }) => name))
    for (const [table, placement] of Object.entries(PLACEMENTS)) {
      if (!withIds.has(table)) await ordinal(client, table, placement)
    }
    await client.query('commit')
  } finally {
    // Ends the transaction too, where it failed.
    await client.end()
  }
}

async function ordinal(client: pg.Client, table: string, placement: Placement): Promise<void> {
  try {
    await client.query(...placementStatement(table, placement))
  } catch (cause) {
    const message = `the table ${table} cannot be spread, and all stay as they were (${DISTRIBUTE_IS_EXPERIMENTAL})`
    throw new DistributeError(message, { cause })
  }
}

function placementStatement(table: string, placement: Placement): [text: string, values: string[]] {
  if (placement.kind === 'reference') return ['select create_reference_table($1::regclass)', [table]]
  return [
    'select create_distributed_table($1::regclass, $2, colocate_with => $3)',
    [table, placement.column, placement.with],
  ]
}

async function requireCitus(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ created: boolean; available: boolean }>(`select
    exists (select from pg_extension where extname = 'citus') as created,
    exists (select from pg_available_extensions where name = 'citus') as available`)
  const [found] = rows
  if (found?.created) return
  throw new DistributeError(
    found?.available
      ? 'the Citus extension is installed but not enabled in this database: run CREATE EXTENSION citus in it first'
      : 'this Postgres has no Citus extension, so there is nothing to distribute the tables over: point DATABASE_URL at a Citus cluster' +
          ` (${DISTRIBUTE_IS_EXPERIMENTAL})`,
  )
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
