import { setTimeout as sleep } from 'node:timers/promises'
import type { Destination } from '../model/destination.ts'
import { takeUpEvents } from '../service/destinations/enqueue-events.ts'
import { DeliveryCounts } from './delivery-counts.ts'
import { Runner, type RunnerParts } from './destination-worker.ts'

export type RelayParts = Omit<RunnerParts, 'counts'>

/** How long nothing has to be heard before it is looked anyway: for what is due by its time. */
const POLL_MILLISECONDS = 250
/** The same while there are no destinations, so that a server that has none stays idle. */
const POLL_WITHOUT_DESTINATIONS_MILLISECONDS = 1_000
/** How long between two looks, so that what comes together is taken up together. */
const LEAST_MILLISECONDS = 100
/** How many times as long as it took to take up events it rests, while reports wait for the database. */
const REST_WHILE_BUSY = 6
/** What is under way when the process stops has so long to come to its end. */
const GRACE_MILLISECONDS = 5_000

/**
 * Brings events to destinations. Every process runs one, and they share the work: which events were taken up, whose turn
 * it is and who is at it stand in the database, so that nothing hangs on one of them.
 */
export class Relay {
  /** Of this process, since its start. */
  readonly counts = new DeliveryCounts()
  readonly #parts: RunnerParts
  readonly #runners = new Map<string, Runner>()
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
    return [...this.#runners.values()].filter(({ breaker }) => breaker !== 'closed').length
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all(this.#takingUp.values())
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop(GRACE_MILLISECONDS)))
  }

  async #run(): Promise<void> {
    const { horizon } = this.#parts.services
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const position = horizon.position
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
      await horizon.wait(position ?? -1n, poll - LEAST_MILLISECONDS, signal)
    }
  }

  /** Returns whether there are destinations. */
  async #look(position: bigint): Promise<boolean> {
    const { store } = this.#parts.services
    const works = await store.read(this.#stopping.signal, (queries) =>
      queries.deliveryQueue.findWork(position),
    )
    const etags = new Map(works.map(({ destination }) => [nameOf(destination), destination.etag]))
    for (const [name, runner] of this.#runners) {
      if (etags.get(name) !== runner.destination.etag) this.#retire(name, runner)
    }
    for (const { destination, behind, due } of works) {
      if (behind) this.#takeUp(destination, position)
      if (due && !destination.paused) this.#runnerOf(destination).poke()
    }
    return works.length > 0
  }

  #takeUp(destination: Destination, position: bigint): void {
    const name = nameOf(destination)
    if (this.#takingUp.has(name)) return
    const { signal } = this.#stopping
    const { services } = this.#parts
    const takeUp = async () => {
      for (let more = true; more && !signal.aborted; ) {
        const begun = performance.now()
        more = await takeUpEvents(services, destination, position, signal)
        const rest = services.progressWriter.counts.waiting > 0 ? REST_WHILE_BUSY : 1
        if (more) await pause(rest * (performance.now() - begun), signal)
      }
    }
    const taking = takeUp()
      .catch((error: Error) => {
        if (!signal.aborted) this.#parts.log.warn({ error: error.message }, 'events could not be taken up')
      })
      .finally(() => this.#takingUp.delete(name))
    this.#takingUp.set(name, taking)
  }

  #runnerOf(destination: Destination): Runner {
    const name = nameOf(destination)
    const known = this.#runners.get(name)
    if (known !== undefined) return known
    const runner = new Runner(destination, this.#parts)
    this.#runners.set(name, runner)
    return runner
  }

  /** What is gone, rests or has changed is not called any more as it was. */
  #retire(name: string, runner: Runner): void {
    this.#runners.delete(name)
    void runner.stop(GRACE_MILLISECONDS)
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {})
}

function nameOf({ titleId, id }: Destination): string {
  return JSON.stringify([titleId, id])
}
