import { compositeKey } from '../model/composite-key.ts'
import type { Destination } from '../model/destination.ts'
import { formatInstant, TICKS_PER_SECOND } from '../model/instant.ts'
import { sleep } from '../model/sleep.ts'
import { enqueueEvents } from '../service/destinations/enqueue-events.ts'
import {
  DeliveryCounts,
  DestinationWorker,
  type DestinationWorkerDependencies,
} from './destination-worker.ts'

export type RelayDependencies = Omit<DestinationWorkerDependencies, 'counts'>

/** The longest time between two polls: new events end it early, due retries do not. */
const POLL_MILLISECONDS = 250
/** The longest time while there are no destinations, so that an idle server stays idle. */
const POLL_WITHOUT_DESTINATIONS_MILLISECONDS = 2_000
/** The shortest time between two polls, so that events are enqueued in batches. */
const MIN_POLL_MILLISECONDS = 100
/** While reports wait for the database, enqueueing sleeps for this multiple of the time that its last batch took. */
const BUSY_SLEEP_FACTOR = 6
/** Shorter waits, as of rate limits, are not logged. */
const MIN_LOGGED_WAIT = 10n * TICKS_PER_SECOND
/** How long requests in progress may take after the relay is stopped. */
const GRACE_MILLISECONDS = 5_000

/**
 * Delivers events to destinations. Every process runs a relay. They share the work through the database, which holds the
 * position of each destination, the queues and the leases, so any process may die.
 */
export class Relay {
  /** Of this process, since its start. */
  readonly counts = new DeliveryCounts()
  readonly #dependencies: DestinationWorkerDependencies
  readonly #workers = new Map<string, DestinationWorker>()
  readonly #stopping = new AbortController()
  readonly #enqueueing = new Map<string, Promise<void>>()
  /** The keys of destinations that asked not to be called. */
  #waiting: ReadonlySet<string> = new Set()
  #paused: ReadonlySet<string> = new Set()
  #running: Promise<void> | undefined

  constructor(dependencies: RelayDependencies) {
    this.#dependencies = { ...dependencies, counts: this.counts }
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** The number of destinations whose circuit breaker is open or half open. */
  get openCircuits(): number {
    return [...this.#workers.values()].filter(({ breaker }) => breaker !== 'closed').length
  }

  /** The number of destinations that asked not to be called. */
  get waiting(): number {
    return this.#waiting.size
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all(this.#enqueueing.values())
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop(GRACE_MILLISECONDS)))
  }

  async #run(): Promise<void> {
    const { safePosition } = this.#dependencies.services
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const position = safePosition.position
      let poll = POLL_MILLISECONDS
      if (position !== undefined) {
        const hasDestinations = await this.#poll(position).catch((error: Error) => {
          this.#warn(error, 'cannot read destinations')
          return true
        })
        if (!hasDestinations) poll = POLL_WITHOUT_DESTINATIONS_MILLISECONDS
      }
      await sleep(MIN_POLL_MILLISECONDS, signal)
      await safePosition.wait(position ?? -1n, poll - MIN_POLL_MILLISECONDS, signal)
    }
  }

  /** Returns whether there are destinations. */
  async #poll(position: bigint): Promise<boolean> {
    const { store } = this.#dependencies.services
    const work = await store.read(this.#stopping.signal, (queries) =>
      queries.deliveryQueue.findWork(position),
    )
    const etags = new Map(work.map(({ destination }) => [keyOf(destination), destination.etag]))
    for (const [key, worker] of this.#workers) {
      if (etags.get(key) === worker.destination.etag) continue
      // Deleted or changed: requests in progress end with the old settings.
      this.#workers.delete(key)
      void worker.stop(GRACE_MILLISECONDS)
    }
    const destinations = work.map(({ destination }) => destination)
    const waiting = destinations.filter(({ waitEndTime }) => waitEndTime !== undefined)
    const paused = destinations.filter((destination) => destination.paused)
    this.#waiting = logNew(waiting, this.#waiting, (destination) => this.#logWait(destination))
    this.#paused = logNew(paused, this.#paused, (destination) => this.#logPause(destination))
    for (const { destination, hasNewEvents, hasDuePlayers } of work) {
      if (hasNewEvents) this.#enqueue(destination, position)
      if (hasDuePlayers && !destination.paused) this.#workerFor(destination).poke()
    }
    return work.length > 0
  }

  #logWait({ titleId, id: destinationId, waitEndTime = 0n }: Destination): void {
    if (waitEndTime - this.#dependencies.services.now() < MIN_LOGGED_WAIT) return
    this.#dependencies.log.warn(
      { titleId, destinationId, until: formatInstant(waitEndTime) },
      'a destination asks not to be called: no deliveries are sent to it until then, or until it is resumed',
    )
  }

  #logPause({ titleId, id: destinationId }: Destination): void {
    this.#dependencies.log.warn(
      { titleId, destinationId },
      'a destination is paused: its events wait until it is resumed',
    )
  }

  #enqueue(destination: Destination, position: bigint): void {
    const key = keyOf(destination)
    if (this.#enqueueing.has(key)) return
    const enqueueing = this.#enqueueAll(destination, position)
      .catch((error: Error) => this.#warn(error, 'cannot enqueue events'))
      .finally(() => this.#enqueueing.delete(key))
    this.#enqueueing.set(key, enqueueing)
  }

  async #enqueueAll(destination: Destination, position: bigint): Promise<void> {
    const { services } = this.#dependencies
    const { signal } = this.#stopping
    for (let hasMore = true; hasMore && !signal.aborted; ) {
      const start = performance.now()
      hasMore = await enqueueEvents(services, destination, position, signal)
      const factor = services.progressWriter.counts.waiting > 0 ? BUSY_SLEEP_FACTOR : 1
      if (hasMore) await sleep(factor * (performance.now() - start), signal)
    }
  }

  #workerFor(destination: Destination): DestinationWorker {
    const key = keyOf(destination)
    const worker = this.#workers.get(key) ?? new DestinationWorker(destination, this.#dependencies)
    this.#workers.set(key, worker)
    return worker
  }

  #warn(error: Error, message: string): void {
    if (this.#stopping.signal.aborted) return
    this.#dependencies.log.warn({ error: error.message }, `${message}: it is tried again at the next poll`)
  }
}

/** Calls `log` with each destination whose key is not in `before`. Returns the keys of all. */
function logNew(
  destinations: readonly Destination[],
  before: ReadonlySet<string>,
  log: (destination: Destination) => void,
): ReadonlySet<string> {
  for (const destination of destinations) if (!before.has(keyOf(destination))) log(destination)
  return new Set(destinations.map(keyOf))
}

function keyOf({ titleId, id }: Destination): string {
  return compositeKey(titleId, id)
}
