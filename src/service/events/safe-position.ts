import { serverStopping } from '../../model/errors.ts'
import { sleep } from '../../model/sleep.ts'
import type { OpenWriters } from '../../store/events/open-writers.ts'
import type { Store } from '../../store/store.ts'

/** Time between two polls without a poke. */
const IDLE_MILLISECONDS = 1_000
/** Time between two polls while events are written, or barriers wait for their writers. */
const BUSY_MILLISECONDS = 10
/** The polls stay frequent for this time after an event: other processes send one notification per 50 ms at most. */
const BUSY_FOR_MILLISECONDS = 100
/** Beyond this, a new barrier replaces the last. */
const MAX_BARRIERS = 64

/** A position, with the transactions that may still commit an event at or below it. */
interface Barrier extends OpenWriters {
  readonly position: bigint
}

/**
 * The low watermark of events: no event will appear at or below it any more. Event ids are assigned before their
 * transactions commit, so an event may become visible after one with a higher id.
 *
 * Each poll adds a barrier: the last assigned id, and the open transactions that may hold it or a lower one. When all of
 * them have ended, the safe position advances to the barrier. `poke` only makes the next poll come sooner.
 */
export class SafePosition {
  readonly #store: Store
  readonly #waiting = new Set<() => void>()
  readonly #stopping = new AbortController()
  #barriers: Barrier[] = []
  /** The `life` of the database at the last poll. */
  #life: string | undefined
  #position: bigint | undefined
  #takeovers = 0
  #busyUntil = 0
  #poked = Promise.withResolvers<void>()
  #running: Promise<void> | undefined
  /** `#next` is the queued poll, `#current` the poll in progress. */
  #next: Promise<void> | undefined
  #current: Promise<void> = Promise.resolve()

  constructor(store: Store) {
    this.#store = store
  }

  /** Polls until `close`. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Says that events may have been written. */
  poke(): void {
    this.#poked.resolve()
  }

  get closed(): boolean {
    return this.#stopping.signal.aborted
  }

  /** Undefined until all transactions of the first poll have ended. */
  get position(): bigint | undefined {
    return this.#position
  }

  /** How often a database without the last events has taken over: other events have their ids then. */
  get takeovers(): number {
    return this.#takeovers
  }

  /**
   * Polls, and returns the position. Events committed before the call are at or below it, unless a transaction that started
   * before them is still open, or a node of the database cannot be asked for its transactions.
   * @throws LaurelError SERVER_STOPPING after `close`
   */
  async current(signal: AbortSignal): Promise<bigint> {
    await this.#poll().catch((error: unknown) => {
      throw this.closed ? serverStopping() : error
    })
    for (;;) {
      signal.throwIfAborted()
      if (this.closed) throw serverStopping()
      if (this.#position !== undefined) return this.#position
      await this.wait(0n, IDLE_MILLISECONDS, signal)
    }
  }

  /** Resolves when the position is beyond the given one, after the time, on a takeover, on `close`, or when the signal is aborted. */
  async wait(position: bigint, milliseconds: number, signal: AbortSignal): Promise<void> {
    const takeovers = this.#takeovers
    const isReached = () => (this.#position ?? -1n) > position || this.closed || this.#takeovers !== takeovers
    if (isReached() || signal.aborted) return
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        this.#waiting.delete(check)
        resolve()
      }
      const check = () => {
        if (isReached()) end()
      }
      const timer = setTimeout(end, milliseconds)
      signal.addEventListener('abort', end, { once: true })
      this.#waiting.add(check)
    })
  }

  /** Stops polling and ends all waits. */
  async close(): Promise<void> {
    this.#stopping.abort()
    this.#checkWaiting()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!this.closed) {
      // The store logs it when the database is unavailable.
      await this.#poll().catch(() => {})
      await sleep(BUSY_MILLISECONDS, signal)
      if (this.#barriers.length > 0 || performance.now() < this.#busyUntil) continue
      await Promise.race([this.#poked.promise, sleep(IDLE_MILLISECONDS, signal)])
      this.#poked = Promise.withResolvers()
    }
  }

  /** Runs one poll at a time: an older list of writers must not be compared with a newer barrier. */
  #poll(): Promise<void> {
    this.#next ??= this.#current
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        this.#current = this.#pollOnce()
        return this.#current
      })
    return this.#next
  }

  async #pollOnce(): Promise<void> {
    const { position, open, life } = await this.#store.read(this.#stopping.signal, (queries) =>
      queries.events.findBarrier(this.#lastBarrier),
    )
    // After a crash the database may assign ids again, to transactions that no barrier lists.
    if (life !== this.#life) this.#barriers = []
    this.#life = life
    // A promoted standby lacked the last events, and will assign their ids again: the position starts over.
    if (position < (this.#position ?? 0n)) {
      this.#position = undefined
      this.#barriers = []
      this.#takeovers += 1
      this.#checkWaiting()
      return this.#pollOnce()
    }
    // The writers of a node that cannot be asked may all be open still, and it may have others.
    if (open === undefined) return
    this.#barriers = this.#barriers.map((barrier) => stillOpen(barrier, open))
    this.#advance()
    if (position <= this.#lastBarrier) return
    this.#busyUntil = performance.now() + BUSY_FOR_MILLISECONDS
    this.#barriers.splice(MAX_BARRIERS - 1, 1, { position, ...open })
    this.#advance()
  }

  get #lastBarrier(): bigint {
    return this.#barriers.at(-1)?.position ?? this.#position ?? -1n
  }

  #advance(): void {
    const reached = this.#barriers.findLast(
      ({ writers, prepared }) => writers.length === 0 && prepared.length === 0,
    )
    if (reached === undefined) return
    this.#barriers = this.#barriers.filter((barrier) => barrier.position > reached.position)
    this.#position = reached.position
    this.#checkWaiting()
  }

  #checkWaiting(): void {
    for (const check of [...this.#waiting]) check()
  }
}

/**
 * Returns a barrier with the transactions of it that are still open. A writer that has ended may have been prepared before that,
 * and wait for its commit: any of the prepared transactions may be this one.
 */
function stillOpen({ position, writers, prepared }: Barrier, open: OpenWriters): Barrier {
  const stillWriting = new Set(open.writers)
  const left = writers.filter((writer) => stillWriting.has(writer))
  const hasEnded = left.length < writers.length
  return {
    position,
    writers: left,
    prepared: open.prepared.filter((id) => hasEnded || prepared.includes(id)),
  }
}
