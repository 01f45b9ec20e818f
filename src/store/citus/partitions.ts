import { type Kysely, sql } from 'kysely'
import type pg from 'pg'
import { type Instant, TICKS_PER_SECOND } from '../../model/instant.ts'
import type { Tables } from '../schema.ts'

/**
 * The tables that are partitioned by `id`, which the sequence of events gives. Each day has a range of ids, and the sequence is set to its
 * start when the day's partition exists. So a partition ends at a known id before anything is in it, each id has one, and the position of
 * an old event mark says which have expired.
 */
const PARTITIONED_TABLES = ['events', 'player_requests'] as const satisfies readonly (keyof Tables)[]
type PartitionedTable = (typeof PARTITIONED_TABLES)[number]

/** Ids of a day: 795,000 a second. */
const IDS_PER_DAY = 2n ** 36n
const TICKS_PER_DAY = 86_400n * TICKS_PER_SECOND

/** Statements queue behind a statement that waits for a table, and a backup holds its tables until it ends. The transaction is tried again. */
const LOCK_TIMEOUT = '200ms'
/** An advisory lock: two servers must not create the same partition, or set the sequence back. */
const PARTITION_LOCK = 5_190_117

interface Partition {
  readonly name: string
  /** Its ids are lower. */
  readonly end: bigint
}

/** @param oldestRequest as in `Sharding` */
export function partitionQueries(db: Kysely<Tables>, oldestRequest: bigint | undefined) {
  return {
    /** Creates the partitions of the day after a time that do not exist. A table that has none stays as it is. */
    async createNext(time: Instant): Promise<void> {
      await lock()
      const end = endOfDay(time / TICKS_PER_DAY + 1n)
      for (const table of PARTITIONED_TABLES) {
        const last = (await listPartitions(table)).at(-1)
        if (last === undefined || last.end >= end) continue
        for (const statement of createPartition(table, last.end, end)) await sql.raw(statement).execute(db)
      }
    },

    /** Has ids be those of the day, if there are partitions for them. */
    async startDay(time: Instant): Promise<void> {
      await lock()
      const day = time / TICKS_PER_DAY
      for (const table of PARTITIONED_TABLES) {
        const last = (await listPartitions(table)).at(-1)
        if (last === undefined || last.end < endOfDay(day)) return
      }
      // After a crash the sequence must not be set to the start again, so the commit has to flush the log: the message is a write.
      await sql`select setval('events_id_seq', ${day * IDS_PER_DAY}), pg_logical_emit_message(true, 'laurel', '')
        from events_id_seq where last_value < ${day * IDS_PER_DAY}`.execute(db)
    },

    listUpTo,

    drop,

    /** Returns the number of ids between two, without the skipped ones at the start of a day. */
    countIds(after: bigint, upTo: bigint): bigint {
      const start = upTo - (upTo % IDS_PER_DAY)
      return upTo - (after > start ? after : start)
    },

    /** Returns whether lookups of request ids begin before the oldest partition, because a partition was dropped since they were read. */
    async hasNewOldestRequest(): Promise<boolean> {
      const { rows } = await sql<OldestRequest>`${sql.raw(OLDEST_REQUEST)}`.execute(db)
      return oldestRequest !== undefined && rows[0]?.start !== oldestRequest
    },
  }

  /** Returns the partitions whose ids are all at or below a position. */
  async function listUpTo(table: PartitionedTable, position: bigint): Promise<readonly string[]> {
    const partitions = await listPartitions(table)
    return partitions.filter(({ end }) => end <= position + 1n).map(({ name }) => name)
  }

  async function drop(partition: string): Promise<void> {
    await lock()
    // Another server may have dropped it.
    await sql`drop table if exists ${sql.table(partition)}`.execute(db)
  }

  async function lock(): Promise<void> {
    await sql`select pg_advisory_xact_lock(${sql.lit(PARTITION_LOCK)})`.execute(db)
    // Has Citus pass the next setting on, so that the nodes stop waiting too.
    if (oldestRequest !== undefined) await sql`set local citus.propagate_set_commands = local`.execute(db)
    await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT)}`.execute(db)
  }

  async function listPartitions(table: PartitionedTable): Promise<readonly Partition[]> {
    const { rows } = await sql<Partition>`
      select c.relname as name, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''(\\d+)''\\)'))[1]::bigint as end
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = to_regclass(${table}) order by 2`.execute(db)
    return rows
  }
}

interface OldestRequest {
  readonly start: bigint
}

/** The start of the first partition of responses: older ones have expired, while events stay far longer. */
const OLDEST_REQUEST = `
  select coalesce(min(coalesce((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''(\\d+)''\\)'))[1]::bigint, 0)), 0) as start
  from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass('player_requests')`

/** Returns where lookups of request ids begin. */
export async function readOldestRequest(client: pg.ClientBase): Promise<bigint> {
  const { rows } = await client.query<OldestRequest>(OLDEST_REQUEST)
  return BigInt(rows[0]?.start ?? 0)
}

/** The statements for keys of a single partition: a unique index of the whole table would have to contain the id. */
const UNIQUE: Readonly<Record<PartitionedTable, (day: bigint) => string>> = {
  events: (day) =>
    `create unique index events_by_request_${day} on events_${day} (player_id, request_key) where request_key is not null`,
  player_requests: (day) =>
    `alter table player_requests_${day} add constraint player_requests_pkey_${day} primary key (player_id, request_id, caller)`,
}

/** Returns the end of the ids of a day. */
function endOfDay(day: bigint): bigint {
  return (day + 1n) * IDS_PER_DAY
}

/** A partition has the number of its last day. */
function createPartition(table: PartitionedTable, start: bigint, end: bigint): readonly string[] {
  const day = end / IDS_PER_DAY - 1n
  return [
    `create table ${table}_${day} partition of ${table} for values from (${start}) to (${end})`,
    UNIQUE[table](day),
  ]
}

/** The statements for columns, before a table is a partition and after. */
const COLUMNS: Readonly<
  Record<PartitionedTable, { readonly before: readonly string[]; readonly after: readonly string[] }>
> = {
  events: {
    // The sequence goes with the column's identity.
    before: [
      'alter table audit_entries alter column id drop default',
      'alter table events alter column id drop identity',
    ],
    after: [
      'alter table events add constraint events_pkey primary key (player_id, id)',
      'alter table events alter column id add generated always as identity (sequence name events_id_seq)',
      `alter table audit_entries alter column id set default nextval('events_id_seq')`,
    ],
  },
  player_requests: {
    before: ['alter table player_requests add column id bigint not null default 0'],
    after: [`alter table player_requests alter column id set default nextval('events_id_seq')`],
  },
}

/**
 * Makes the tables, before they are distributed, the first partitions of partitioned ones, for all ids up to the end of the day. Returns
 * the partitions.
 */
export async function partitionTables(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ day: string; last_value: string; is_called: boolean }>(
    `select greatest(last_value / ${IDS_PER_DAY}, extract(epoch from now())::bigint / 86400) as day, last_value, is_called
    from events_id_seq`,
  )
  const [sequence] = rows
  const day = BigInt(sequence?.day ?? 0)
  for (const table of PARTITIONED_TABLES) await partition(client, table, day)
  await client.query(`select setval('events_id_seq', $1, $2)`, [sequence?.last_value, sequence?.is_called])
  return PARTITIONED_TABLES.map((table) => `${table}_${day}`)
}

async function partition(client: pg.ClientBase, table: PartitionedTable, day: bigint): Promise<void> {
  const indexes = await client.query<{ name: string; definition: string; isUnique: boolean }>(
    `select relname as name, pg_get_indexdef(indexrelid) as definition, indisunique as "isUnique"
    from pg_index join pg_class on oid = indexrelid where indrelid = $1::regclass`,
    [table],
  )
  const first = `${table}_${day}`
  const statements = [
    ...COLUMNS[table].before,
    `alter table ${table} rename to ${first}`,
    ...indexes.rows.map(({ name }) => `alter index ${name} rename to ${name}_${day}`),
    `create table ${table} (like ${first} including defaults) partition by range (id)`,
    ...indexes.rows.filter(({ isUnique }) => !isUnique).map(({ definition }) => definition),
    ...COLUMNS[table].after,
    `alter table ${table} attach partition ${first} for values from (minvalue) to (${endOfDay(day)})`,
  ]
  for (const statement of statements) await client.query(statement)
}
