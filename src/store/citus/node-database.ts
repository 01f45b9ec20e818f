import pg from 'pg'
import { LaurelError } from '../../model/errors.ts'
import {
  type Database,
  kyselyOn,
  ONE_DATABASE_SETTINGS,
  type RunStatement,
  STALLED_TRANSACTION,
} from '../database.ts'
import { deletePlayers, insertPlayers } from '../players/insert-players.ts'
import { readSnapshots, writeProgress } from '../progress/optimistic-writes.ts'
import { eventIdCount, type WrittenProgress } from '../progress/progress-writes.ts'
import type { ReportQueries } from '../report-store.ts'
import { clusterError, isSplitShard } from './cluster-error.ts'
import type { EventIds } from './event-ids.ts'
import { DIRECT_WRITER } from './node-writers.ts'
import { type ClusterNode, type NodeShard, ONE_DATABASE, readInOrder } from './sharding.ts'

/** A node with the shards that it has now. */
export interface CurrentNode {
  node: ClusterNode
}

/**
 * The statements of reports on the shards of one node, each as on one Postgres. They name the tables of shards, so Citus plans nothing.
 * As Citus does for its own statements, a transaction begins with a lock: it locks the metadata of the shards, as shards are
 * moved or split under the opposite lock, and then requires that the node has them still.
 */
export function nodeDatabase(
  current: CurrentNode,
  eventIds: EventIds,
  onShardsMissing: () => void,
): Database<ReportQueries> {
  /** The shards that are locked in the transaction of a connection. */
  const locked = new WeakMap<pg.ClientBase, ClusterNode>()
  const nodeOn = (client: pg.ClientBase) => locked.get(client) ?? current.node
  const missing = () => {
    onShardsMissing()
    return shardsMissing()
  }
  const ofShard = (error: unknown) => (isMissingShard(error) ? missing() : clusterError(error))
  return {
    settings: [...ONE_DATABASE_SETTINGS, STALLED_TRANSACTION, 'citus.enable_manual_changes_to_shards = on'],
    isDistributed: true,
    async begin(client, statement) {
      const { node } = current
      const results = await (
        client.query(`${statement}; ${lockOf(node)}`) as Promise<unknown> as Promise<pg.QueryResult[]>
      ).catch((error: unknown) => {
        throw ofShard(error)
      })
      if (results.at(-1)?.rows[0]?.count !== node.shards.length) {
        await client.query('rollback')
        throw missing()
      }
      locked.set(client, node)
    },
    async end(client, statement) {
      locked.delete(client)
      await client.query(statement)
    },
    statementsOn(client, run) {
      const builders = new WeakMap<NodeShard, ReturnType<typeof kyselyOn>>()
      const on = (shard: NodeShard) => {
        const known = builders.get(shard) ?? kyselyOn(onShard(shard, run, ofShard))
        builders.set(shard, known)
        return known
      }
      const groups = <Item>(items: readonly Item[], playerOf: (item: Item) => string) => {
        const node = nodeOn(client)
        const byShard = Map.groupBy(items, (item) => node.shardOf(playerOf(item)))
        if (byShard.has(undefined)) throw missing()
        // In the order of shards: batches of two servers that insert the same rows would deadlock.
        return node.shards.flatMap((shard) => {
          const group = byShard.get(shard)
          return group === undefined ? [] : [{ db: on(shard), group }]
        })
      }
      return {
        players: {
          async insertMissing(ids, time) {
            const all = []
            for (const { db, group } of groups(ids, (id) => id))
              all.push(await insertPlayers(db, group, time))
            return {
              inserted: all.flatMap(({ inserted }) => inserted),
              removed: new Map(all.flatMap(({ removed }) => [...removed])),
            }
          },
          async deleteRows(ids) {
            for (const { db, group } of groups(ids, (id) => id)) await deletePlayers(db, group)
          },
        },
        optimisticWrites: {
          async snapshots(keys) {
            const byShard = groups(keys, ({ playerId }) => playerId)
            return readInOrder(keys, byShard, ({ db, group }) => readSnapshots(db, ONE_DATABASE, group))
          },
          async write(writes, time) {
            const ids = await eventIds.take(eventIdCount(writes))
            const { oldestRequest } = nodeOn(client)
            const written: WrittenProgress<(typeof writes)[number]>[] = []
            let used = 0
            for (const { db, group } of groups(writes, ({ key }) => key.playerId)) {
              const count = eventIdCount(group)
              const newIds = ids.slice(used, used + count)
              written.push(...(await writeProgress(db, group, time, { newIds, oldestRequest })))
              used += count
            }
            return written
          },
        },
      }
    },
  }
}

/** Waits for the end of a move that has begun to block writes. */
function lockOf({ address, shards }: ClusterNode): string {
  const ids = `array[${shards.map(({ id }) => id).join()}]::bigint[]`
  return [
    `select pg_advisory_xact_lock_shared(${DIRECT_WRITER}), lock_shard_metadata(${SHARE_LOCK}, ${ids})`,
    // A statement of its own: it sees the commits for which the locks waited.
    // After a failover the server at the address may be that of another node.
    `select count(*)::integer as count from pg_dist_placement
      where shardid = any (${ids}) and groupid = ${address.group} and groupid = (select groupid from pg_dist_local_group)`,
  ].join('; ')
}

/** The number of Postgres' lock mode SHARE. */
const SHARE_LOCK = 5

function onShard(shard: NodeShard, run: RunStatement, errorOf: (error: unknown) => unknown): RunStatement {
  return (text, values) =>
    run(shard.statementOf(text), values).catch((error: unknown) => {
      throw errorOf(error)
    })
}

/** The rows of a shard that has moved away are dropped after a while. */
function isMissingShard(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === '42P01' || isSplitShard(error))
}

/** The writer repeats the reports under lock, through the coordinator. */
function shardsMissing(): LaurelError {
  return new LaurelError('aborted', 'TOO_MUCH_CONTENTION', "the players' rows have just moved: try again", {
    retryAfter: 1,
  })
}
