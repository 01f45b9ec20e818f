import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../../store/store.ts'

/** How long nothing has to be heard before it is looked anyway. */
const IDLE_MILLISECONDS = 500
/** How long between two looks, while something is written. */
const BUSY_MILLISECONDS = 20
/** Fences that wait at most: with so many, a new one takes the place of the last. */
const MAX_BARRIERS = 64

interface Barrier {
  readonly position: bigint
  /** Those of its writers that were still at it when it was looked last. */
  writers: readonly string[]
}

/**
 * Knows up to which number all events are there: committed, or never to be. Numbers are taken before transactions
 * commit, so an event may turn up below one that has been read; below the horizon none does.
 *
 * It puts up fences: a number, with the transactions that may hold it or a lower one. Once all of these are done, the
 * horizon is there. Asking is the truth; being told (`hint`) only makes it come sooner.
 */
export class SafePosition {
  readonly #store: Store
  readonly #waiting = new Set<() => void>()
  readonly #stopping = new AbortController()
  #barriers: Barrier[] = []
  /** Of the database, when it was looked last. */
  #life: string | undefined
  #position: bigint | undefined
  #poked = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  /** The look after the one that runs, if somebody waits for it; and the one that runs. */
  #next: Promise<void> | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(store: Store) {
    this.#store = store
  }

  /** Looks from now on, until `close`. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Events may have been written. */
  poke(): void {
    this.#poked.resolve()
  }

  get closed(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Where it is; undefined until all is done that was being written when it was first looked. */
  get position(): bigint | undefined {
    return this.#position
  }

  /**
   * Where it is now: no event that was committed before the call is beyond it, unless somebody who began before that is
   * still writing.
   */
  async current(signal: AbortSignal): Promise<bigint> {
    await this.#look()
    for (;;) {
      signal.throwIfAborted()
      if (this.#position !== undefined) return this.#position
      await this.wait(0n, IDLE_MILLISECONDS, signal)
    }
  }

  /** Waits until it is beyond a number, for so long at most, or until it is closed or nobody wants to know any more. */
  async wait(position: bigint, milliseconds: number, signal: AbortSignal): Promise<void> {
    if ((this.#position ?? -1n) > position || this.closed || signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#waiting.delete(wake)
        resolve()
      }
      const wake = () => {
        if ((this.#position ?? -1n) > position || this.closed) done()
      }
      const timer = setTimeout(done, milliseconds)
      signal.addEventListener('abort', done, { once: true })
      this.#waiting.add(wake)
    })
  }

  /** Ends all waits. */
  async close(): Promise<void> {
    this.#stopping.abort()
    this.#wake()
    this.poke()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.closed) {
      // The store says itself when the database is away.
      await this.#look().catch(() => {})
      await this.#pause(BUSY_MILLISECONDS)
      if (this.#barriers.length === 0) await this.#rest()
    }
  }

  /** One after the other, or an older list of writers might be held against a newer fence. */
  #look(): Promise<void> {
    this.#next ??= this.#looking
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        this.#looking = this.#lookOnce()
        return this.#looking
      })
    return this.#next
  }

  async #lookOnce(): Promise<void> {
    const { position, writers, life } = await this.#store.read(this.#stopping.signal, (queries) =>
      queries.events.findBarrier(),
    )
    // Numbers that were taken when it crashed may be given again, to writers that no fence knows.
    if (life !== this.#life) this.#barriers = []
    this.#life = life
    const writing = new Set(writers)
    for (const barrier of this.#barriers)
      barrier.writers = barrier.writers.filter((writer) => writing.has(writer))
    this.#settle()
    const last = this.#barriers.at(-1)?.position ?? this.#position ?? -1n
    if (position <= last) return
    this.#barriers.splice(MAX_BARRIERS - 1, 1, { position, writers })
    this.#settle()
  }

  #settle(): void {
    const reached = this.#barriers.findLast((barrier) => barrier.writers.length === 0)
    if (reached === undefined) return
    this.#barriers = this.#barriers.filter((barrier) => barrier.position > reached.position)
    this.#position = reached.position
    this.#wake()
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  async #rest(): Promise<void> {
    const poked = this.#poked.promise
    await Promise.race([poked, this.#pause(IDLE_MILLISECONDS)])
    this.#poked = Promise.withResolvers()
  }

  async #pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.#stopping.signal }).catch(() => {})
  }
}
