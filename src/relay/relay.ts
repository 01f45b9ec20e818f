import { setTimeout as sleep } from 'node:timers/promises'
import type { Destination } from '../model/destination.ts'
import { enqueueEvents } from '../service/destinations/enqueue-events.ts'
import { DeliveryCounts } from './delivery-counts.ts'
import { DestinationWorker, type DestinationWorkerDependencies } from './destination-worker.ts'

export type RelayParts = Omit<DestinationWorkerDependencies, 'counts'>

/** How long nothing has to be heard before it is looked anyway: for what is due by its time. */
const POLL_MILLISECONDS = 250
/** The same while there are no destinations, so that a server that has none stays idle. */
const POLL_WITHOUT_DESTINATIONS_MILLISECONDS = 1_000
/** How long between two looks, so that what comes together is taken up together. */
const LEAST_MILLISECONDS = 100
/** How many times as long as it took to take up events it rests, while reports wait for the database. */
const BACKOFF_WHILE_BUSY_MILLISECONDS = 6
/** What is under way when the process stops has so long to come to its end. */
const GRACE_MILLISECONDS = 5_000

/**
 * Brings events to destinations. Every process runs one, and they share the work: which events were taken up, whose turn
 * it is and who is at it stand in the database, so that nothing hangs on one of them.
 */
export class Relay {
  /** Of this process, since its start. */
  readonly counts = new DeliveryCounts()
  readonly #parts: DestinationWorkerDependencies
  readonly #workers = new Map<string, DestinationWorker>()
  readonly #stopping = new AbortController()
  readonly #takingUp = new Map<string, Promise<void>>()
  #running: Promise<void> | undefined

  constructor(parts: RelayParts) {
    this.#parts = { ...parts, counts: this.counts }
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Those whose circuit is open, or half open. */
  get openCircuits(): number {
    return [...this.#workers.values()].filter(({ breaker }) => breaker !== 'closed').length
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all(this.#takingUp.values())
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop(GRACE_MILLISECONDS)))
  }

  async #run(): Promise<void> {
    const { safePosition } = this.#parts.services
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const position = safePosition.position
      let poll = POLL_MILLISECONDS
      try {
        if (position !== undefined && !(await this.#look(position))) {
          poll = POLL_WITHOUT_DESTINATIONS_MILLISECONDS
        }
      } catch (error) {
        if (!signal.aborted) {
          this.#parts.log.warn({ error: (error as Error).message }, 'destinations could not be read')
        }
      }
      await pause(LEAST_MILLISECONDS, signal)
      await safePosition.wait(position ?? -1n, poll - LEAST_MILLISECONDS, signal)
    }
  }

  /** Returns whether there are destinations. */
  async #look(position: bigint): Promise<boolean> {
    const { store } = this.#parts.services
    const works = await store.read(this.#stopping.signal, (queries) =>
      queries.deliveryQueue.findWork(position),
    )
    const etags = new Map(works.map(({ destination }) => [nameOf(destination), destination.etag]))
    for (const [name, worker] of this.#workers) {
      if (etags.get(name) !== worker.destination.etag) this.#retire(name, worker)
    }
    for (const { destination, behind, due } of works) {
      if (behind) this.#enqueue(destination, position)
      if (due && !destination.paused) this.#workerOf(destination).poke()
    }
    return works.length > 0
  }

  #enqueue(destination: Destination, position: bigint): void {
    const name = nameOf(destination)
    if (this.#takingUp.has(name)) return
    const { signal } = this.#stopping
    const { services } = this.#parts
    const enqueue = async () => {
      for (let more = true; more && !signal.aborted; ) {
        const begun = performance.now()
        more = await enqueueEvents(services, destination, position, signal)
        const rest = services.progressWriter.counts.waiting > 0 ? BACKOFF_WHILE_BUSY_MILLISECONDS : 1
        if (more) await pause(rest * (performance.now() - begun), signal)
      }
    }
    const taking = enqueue()
      .catch((error: Error) => {
        if (!signal.aborted) this.#parts.log.warn({ error: error.message }, 'events could not be taken up')
      })
      .finally(() => this.#takingUp.delete(name))
    this.#takingUp.set(name, taking)
  }

  #workerOf(destination: Destination): DestinationWorker {
    const name = nameOf(destination)
    const known = this.#workers.get(name)
    if (known !== undefined) return known
    const worker = new DestinationWorker(destination, this.#parts)
    this.#workers.set(name, worker)
    return worker
  }

  /** What is gone, rests or has changed is not called any more as it was. */
  #retire(name: string, worker: DestinationWorker): void {
    this.#workers.delete(name)
    void worker.stop(GRACE_MILLISECONDS)
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {})
}

function nameOf({ titleId, id }: Destination): string {
  return JSON.stringify([titleId, id])
}
