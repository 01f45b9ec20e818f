import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import type { Semaphore } from '../model/semaphore.ts'
import { BEGIN_SNAPSHOT, setForCopy } from './backup/session.ts'
import { TABLES } from './backup/tables.ts'
import { NodeSnapshots } from './citus/node-snapshots.ts'
import { listShards } from './citus/shard-placements.ts'
import { type ConnectionOptions, Connections } from './connections.ts'
import { readDatabase } from './database.ts'
import { toModelError } from './errors.ts'
import type { Queries } from './queries.ts'

/**
 * Yields what `work` reads on one snapshot, at the pace of the consumer: the transaction stays open until the last piece is taken. It has
 * a connection of its own, which other calls do not wait for, and whose prepared statements no migration can have made stale.
 */
export async function* readSnapshot(
  { connectionString, onError }: ConnectionOptions,
  turns: Semaphore,
  signal: AbortSignal,
  work: (queries: Queries) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const connections = new Connections({ connectionString, onError, poolSize: 1 }, (client) =>
    // A snapshot has no safe position of events.
    readDatabase(client, async () => undefined),
  )
  const left = new AbortController()
  const ended = AbortSignal.any([signal, left.signal])
  const output = new PassThrough()
  const reading = turns.run(ended, () =>
    connections.use(ended, async ({ client, queries, isDistributed }) => {
      if (isDistributed) await beginOnAllNodes(client, connectionString, ended)
      else {
        await client.query(BEGIN_SNAPSHOT)
        await setForCopy(client)
      }
      // Whole tables are read: an index would read each page many times.
      await client.query('set local enable_seqscan = on')
      await pipeline(work(queries), output)
      // After a failure, the end of the connection ends the transaction: a COPY that is not read to its end blocks further statements.
      await client.query('commit')
    }),
  )
  reading.catch((error) => output.destroy(error))
  try {
    for await (const chunk of output as AsyncIterable<Uint8Array>) {
      yield chunk
      signal.throwIfAborted()
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : toModelError(error)
  } finally {
    // After the last piece, the end of the transaction is not cancelled.
    if (!output.readableEnded) left.abort()
    output.destroy()
    await reading.catch(() => {})
    await connections.close()
  }
}

/** Begins a transaction that reads one snapshot of all nodes through Citus. */
async function beginOnAllNodes(
  client: pg.ClientBase,
  connectionString: string,
  signal: AbortSignal,
): Promise<void> {
  const options = { client, connectionString, tables: TABLES, isThroughCitus: true, signal }
  const nodes = await NodeSnapshots.open(options, await listShards(client))
  await nodes[Symbol.asyncDispose]()
}
