/** The load generator, a process of its own: does one job at a time for the process that started it. */
import { ListProgressRequest } from '../../../src/gen/laurel/v1/progress_service.ts'
import { type Calls, closedLoop } from './closed-loop.ts'
import { EMPTY_MESSAGE, HEALTH_CHECK } from './connection.ts'
import { withConnections } from './connections.ts'
import { callHead } from './frames.ts'
import type { Job, Measured } from './jobs.ts'
import { countOutcomes, withPrefix } from './messages.ts'
import { playerName } from './names.ts'
import { openLoop } from './open-loop.ts'
import { type Form, Reports, type Target } from './reports.ts'
import { streamLoop } from './stream-loop.ts'
import { Tally } from './tally.ts'
import { upserts } from './upserts.ts'

const CALLS_IN_FLIGHT = 128
const CONNECTIONS = 4
const BATCH_ITEMS = 500
const BATCHES_IN_FLIGHT = 4
const STREAM_MESSAGE_ITEMS = 50
/** What the server reads ahead of its answers. */
const STREAM_ITEMS_ON_THE_WAY = 1000

process.on('message', (job: Job) => {
  run(job).then(
    (measured) => process.send?.({ measured }),
    (error: Error) => process.send?.({ error: error.stack }),
  )
})
process.on('disconnect', () => process.exit())
// A Ctrl-C reaches the whole group; the one that started this one ends it.
process.on('SIGINT', () => {})

async function run(job: Job): Promise<Measured> {
  const tally = new Tally(job)
  if (job.kind === 'upserts') await upserts(job.databaseUrl, job.players, tally)
  else if (job.kind === 'stream') await stream(job.address, job.target, tally)
  else if (job.kind === 'paced') {
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
      return [lists(job.address, job.target, job.anew === true), CALLS_IN_FLIGHT]
  }
}

const METHODS: Readonly<Record<Form, string>> = {
  unary: '/laurel.v1.ProgressService/RecordProgress',
  batch: '/laurel.v1.ProgressService/BatchRecordProgress',
  stream: '/laurel.v1.ProgressService/StreamProgress',
}

function reportsTo(address: string, target: Target, form: Form, count: number): Calls {
  const reports = new Reports(target, form, count)
  return { head: callHead(METHODS[form], address), next: () => reports.next() }
}

/** As large as it must be for all achievements, and so large at most. */
const PAGE_SIZES = { smallest: 100, largest: 1000 }

function lists(address: string, { titleId, players }: Target, anew: boolean): Calls {
  const { smallest, largest } = PAGE_SIZES
  const sizes = anew ? largest - smallest : 1
  const messages = Array.from({ length: players * sizes }, (_, index) => {
    const request = { titleId, playerId: playerName(index % players), pageSize: smallest + (index % sizes) }
    return withPrefix(ListProgressRequest.encode(ListProgressRequest.fromPartial(request)).finish())
  })
  // Of those of the last window nothing is remembered any more where this one begins elsewhere.
  let made = anew ? Math.floor(Math.random() * messages.length) : 0
  return {
    head: callHead('/laurel.v1.ProgressService/ListProgress', address),
    next: () => messages[made++ % messages.length] as Buffer,
  }
}

function stream(address: string, target: Target, tally: Tally): Promise<void> {
  const calls = reportsTo(address, target, 'stream', STREAM_MESSAGE_ITEMS)
  return withConnections(address, CONNECTIONS, async (all) => {
    const loops = all.map((connection) =>
      streamLoop(connection, calls, STREAM_MESSAGE_ITEMS, STREAM_ITEMS_ON_THE_WAY, tally),
    )
    await Promise.all(loops)
  })
}
