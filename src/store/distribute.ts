import type pg from 'pg'
import type { Tables } from './schema.ts'
import { withClient } from './with-client.ts'

/** How a table is distributed over the nodes of a Citus cluster. */
export type Placement =
  /** Copied to each node. */
  | { readonly kind: 'reference' }
  /** Sharded by a column; colocated tables have equal values on one node. */
  | { readonly kind: 'distributed'; readonly column: string; readonly with: keyof Tables | 'none' }

const COPIED: Placement = { kind: 'reference' }
const BY_PLAYER: Placement = { kind: 'distributed', column: 'player_id', with: 'players' }

/** In the order of distribution: referenced tables first. */
export const PLACEMENTS: Readonly<Record<keyof Tables, Placement>> = {
  titles: COPIED,
  title_bindings: COPIED,
  title_names: COPIED,
  achievements: COPIED,
  achievement_ids: COPIED,
  achievement_revisions: COPIED,
  backfills: COPIED,
  stats: COPIED,
  community_progress: COPIED,
  definition_requests: COPIED,
  images: COPIED,
  achievement_totals: COPIED,
  unlock_position: COPIED,
  plans: COPIED,
  plan_changes: COPIED,
  event_marks: COPIED,
  restores: COPIED,
  destinations: COPIED,
  destination_flows: COPIED,
  audit_entries: COPIED,
  players: { kind: 'distributed', column: 'id', with: 'none' },
  player_titles: BY_PLAYER,
  progress: BY_PLAYER,
  stat_values: BY_PLAYER,
  contributions: BY_PLAYER,
  events: BY_PLAYER,
  player_requests: BY_PLAYER,
  delivery_queues: BY_PLAYER,
  deliveries: BY_PLAYER,
  sent_percents: BY_PLAYER,
  report_traces: BY_PLAYER,
  migration_conflicts: BY_PLAYER,
  migration_undo: BY_PLAYER,
  migration_jobs: COPIED,
  migration_sources: COPIED,
  migration_parts: COPIED,
  migration_refusals: COPIED,
  migration_identities: COPIED,
  title_imports: COPIED,
  // Looked up by account, so sharded by the account's id.
  accounts: { kind: 'distributed', column: 'id', with: 'none' },
  player_aliases: { kind: 'distributed', column: 'id', with: 'players' },
  player_tombstones: { kind: 'distributed', column: 'digest', with: 'none' },
}

/** Shown in the help and the messages of the command line. */
export const DISTRIBUTE_IS_EXPERIMENTAL =
  'experimental: support of Citus is not finished, and no Laurel runs on a cluster yet. Citus refuses the foreign keys ' +
  'of these tables ("cannot create foreign key constraint"), so nothing is spread; what is missing is a schema that it ' +
  'takes, and tests of all statements on a cluster'

/** For the operator of the database. */
class DistributeError extends Error {
  override readonly name = 'DistributeError'
}

/**
 * Distributes the tables of a migrated database over the nodes of its Citus cluster, with their rows, in one transaction.
 * Distributed tables do not change. Experimental: Citus rejects the foreign keys of the tables.
 * @throws DistributeError if the database has no Citus, is not migrated, or Citus rejects a table.
 */
export async function distribute(connectionString: string): Promise<void> {
  // The end of the connection rolls a failed transaction back.
  await withClient(connectionString, async (client) => {
    await client.query('begin')
    await requireCitus(client)
    await requireTables(client)
    // Reference and distributed tables change each other's foreign keys, which Citus supports only in sequence.
    await client.query("set local citus.multi_shard_modify_mode to 'sequential'")
    const { rows } = await client.query<{ name: string }>(
      'select logicalrelid::regclass::text as name from pg_dist_partition',
    )
    const placed = new Set(rows.map(({ name }) => name))
    for (const [table, placement] of Object.entries(PLACEMENTS)) {
      if (!placed.has(table)) await placeTable(client, table, placement)
    }
    await client.query('commit')
  })
}

async function placeTable(client: pg.Client, table: string, placement: Placement): Promise<void> {
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
