/** The load generator: a process that runs one job at a time for its parent. */
import { ListProgressRequest } from '../../../src/gen/laurel/v1/progress_service.ts'
import { EMPTY_MESSAGE, HEALTH_CHECK, withConnections } from './connection.ts'
import { callHead } from './frames.ts'
import type { Job, Measured } from './jobs.ts'
import { type Calls, closedLoop, openLoop, streamLoop } from './loops.ts'
import { countOutcomes, withPrefix } from './messages.ts'
import { type MessageKind, playerName, Reports, type Target } from './reports.ts'
import { Tally } from './tally.ts'
import { upserts } from './upserts.ts'

const CALLS_IN_FLIGHT = 128
const CONNECTIONS = 4
const BATCH_ITEMS = 500
const BATCHES_IN_FLIGHT = 4
const STREAM_MESSAGE_ITEMS = 50
/** The server reads as many before it responds. */
const STREAM_ITEMS_IN_FLIGHT = 1000

process.on('message', (job: Job) => {
  run(job).then(
    (measured) => process.send?.({ measured }),
    (error: Error) => process.send?.({ error: error.stack }),
  )
})
process.on('disconnect', () => process.exit())
// A Ctrl-C reaches the whole process group; the parent ends this process.
process.on('SIGINT', () => {})

async function run(job: Job): Promise<Measured> {
  const tally = new Tally(job)
  if (job.kind === 'upserts') await upserts(job.databaseUrl, job.players, tally)
  else if (job.kind === 'stream') await stream(job.address, job.target, tally)
  else if (job.kind === 'fixed-rate') {
    const calls = reportsTo(job.address, job.target, 'unary', 1)
    await withConnections(job.address, CONNECTIONS, (all) => openLoop(all, calls, job.rate, tally))
  } else {
    const [calls, inFlight] = callsOf(job)
    await withConnections(job.address, CONNECTIONS, (all) => closedLoop(all, calls, inFlight, tally))
  }
  await tally.over
  return tally.result()
}

function callsOf(job: Extract<Job, { kind: 'noop' | 'unary' | 'batch' | 'list' }>): [Calls, number] {
  switch (job.kind) {
    case 'noop':
      return [{ head: callHead(HEALTH_CHECK, job.address), next: () => EMPTY_MESSAGE }, CALLS_IN_FLIGHT]
    case 'unary':
      return [reportsTo(job.address, job.target, 'unary', 1), CALLS_IN_FLIGHT]
    case 'batch': {
      const calls = reportsTo(job.address, job.target, 'batch', BATCH_ITEMS)
      return [{ ...calls, outcomes: countOutcomes }, BATCHES_IN_FLIGHT]
    }
    case 'list':
      return [lists(job.address, job.target, job.uncached === true), CALLS_IN_FLIGHT]
  }
}

const METHODS: Readonly<Record<MessageKind, string>> = {
  unary: '/laurel.v1.ProgressService/RecordProgress',
  batch: '/laurel.v1.ProgressService/BatchRecordProgress',
  stream: '/laurel.v1.ProgressService/StreamProgress',
}

function reportsTo(address: string, target: Target, kind: MessageKind, itemCount: number): Calls {
  const reports = new Reports(target, kind, itemCount)
  return { head: callHead(METHODS[kind], address), next: () => reports.next() }
}

/** From the number of achievements to the server's maximum: the server caches each page size by itself. */
const PAGE_SIZES = { min: 100, max: 1000 }

function lists(address: string, { titleId, players }: Target, uncached: boolean): Calls {
  const { min, max } = PAGE_SIZES
  const sizes = uncached ? max - min : 1
  const messages = Array.from({ length: players * sizes }, (_, index) => {
    const request = { titleId, playerId: playerName(index % players), pageSize: min + (index % sizes) }
    return withPrefix(ListProgressRequest.encode(ListProgressRequest.fromPartial(request)).finish())
  })
  // A random start, so that the pages of the previous window are no longer cached.
  let count = uncached ? Math.floor(Math.random() * messages.length) : 0
  return {
    head: callHead('/laurel.v1.ProgressService/ListProgress', address),
    next: () => messages[count++ % messages.length] as Buffer,
  }
}

function stream(address: string, target: Target, tally: Tally): Promise<void> {
  const calls = reportsTo(address, target, 'stream', STREAM_MESSAGE_ITEMS)
  return withConnections(address, CONNECTIONS, async (all) => {
    const loops = all.map((connection) =>
      streamLoop(connection, calls, STREAM_MESSAGE_ITEMS, STREAM_ITEMS_IN_FLIGHT, tally),
    )
    await Promise.all(loops)
  })
}
