import { LaurelError } from '../../../model/errors.ts'

/** An item that waits for its batch. */
interface Queued<Item, Result> {
  readonly item: Item
  readonly bytes: number
  readonly caller: string
  readonly queue: Queue<Item, Result>
  readonly resolve: (outcome: Result | Promise<Result>) => void
  readonly reject: (reason: unknown) => void
  readonly signal: AbortSignal
  readonly onAbort: () => void
}

/** The waiting items of one key. */
interface Queue<Item, Result> {
  readonly key: unknown
  readonly waiting: Queued<Item, Result>[]
  /** True while items of the key are in flight. */
  isBusy: boolean
}

export interface BatcherOptions<Item, Result> {
  /**
   * Sends a batch, in which items of one key keep their order. Returns one result per item; a promise delays only that key's
   * next items. A rejection fails the whole batch.
   */
  readonly send: (items: readonly Item[]) => Promise<readonly (Result | Promise<Result>)[]>
  /** An item is sent after the results of earlier items of the same key. */
  readonly keyOf: (item: Item) => unknown
  /** The caller of an item. A caller may have as many items waiting as places are free: at most half of the queue. */
  readonly callerOf: (item: Item) => string
  /** Limits of the waiting items. */
  readonly maxItems: number
  readonly maxBytes: number
  readonly batchSize: number
  /** The count of waiting items from which a second batch is sent while one is in flight. */
  readonly secondBatchThreshold: number
}

const MAX_BATCHES_IN_FLIGHT = 2

/**
 * Sends items in batches: items that arrive while a batch is in flight are sent together after it. An idle batcher sends at
 * once, with all items of the same turn of the event loop: there is no timer. A second batch is in flight only if many
 * items wait, because larger batches cost less per item.
 */
export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>
  /** By key, the queues with items that wait or are in flight. */
  readonly #queues = new Map<unknown, Queue<Item, Result>>()
  /**
   * The queues that are not busy, the longest waiting first. Lists, not sets: see `UnhashedSet`. Only a call that is cancelled is
   * searched in them.
   */
  readonly #ready: Queue<Item, Result>[] = []
  #readyItems = 0
  /** By caller, the count of waiting items. */
  readonly #waitingOf = new Map<string, number>()
  #waiting = 0
  #bytes = 0
  #batchesInFlight = 0
  #isFlushScheduled = false

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting
  }

  /** Whether nothing waits or is in flight. */
  get isIdle(): boolean {
    return this.#queues.size === 0
  }

  /**
   * Sends an item in a batch. An abort removes it while it waits; in flight, the outcome is returned all the same.
   * @throws LaurelError RESOURCE_EXHAUSTED at once if too much waits; an error of `send`; the signal's reason.
   */
  add(item: Item, bytes: number, signal: AbortSignal): Promise<Result> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const { maxItems, maxBytes, keyOf, callerOf } = this.#options
    const caller = callerOf(item)
    const waiting = this.#waitingOf.get(caller) ?? 0
    if (waiting >= maxItems - this.#waiting || this.#bytes + bytes > maxBytes)
      return Promise.reject(queueFull())
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#cancel(queued)
        reject(signal.reason)
      }
      const queue = this.#queueOf(keyOf(item))
      const queued = { item, bytes, caller, queue, resolve, reject, signal, onAbort }
      signal.addEventListener('abort', onAbort, { once: true })
      queue.waiting.push(queued)
      this.#waitingOf.set(caller, waiting + 1)
      this.#waiting += 1
      this.#bytes += bytes
      if (queue.isBusy) return
      if (queue.waiting.length === 1) this.#ready.push(queue)
      this.#readyItems += 1
      this.#scheduleFlush()
    })
  }

  #queueOf(key: unknown): Queue<Item, Result> {
    const existing = this.#queues.get(key)
    if (existing !== undefined) return existing
    const queue: Queue<Item, Result> = { key, waiting: [], isBusy: false }
    this.#queues.set(key, queue)
    return queue
  }

  /** Flushes at the end of this turn, so that all calls of one network packet are in the batch. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#readyItems < this.#threshold) return
    this.#isFlushScheduled = true
    setImmediate(() => {
      this.#isFlushScheduled = false
      this.#flush()
    })
  }

  /** The count of ready items from which a batch is sent. */
  get #threshold(): number {
    if (this.#batchesInFlight === 0) return 1
    return this.#batchesInFlight < MAX_BATCHES_IN_FLIGHT
      ? this.#options.secondBatchThreshold
      : Number.POSITIVE_INFINITY
  }

  #flush(): void {
    while (this.#readyItems >= this.#threshold) void this.#send(this.#takeBatch())
  }

  #takeBatch(): readonly Queued<Item, Result>[] {
    const { batchSize } = this.#options
    const batch: Queued<Item, Result>[] = []
    let taken = 0
    for (const queue of this.#ready) {
      if (batch.length === batchSize) break
      taken += 1
      this.#readyItems -= queue.waiting.length
      queue.isBusy = true
      batch.push(...queue.waiting.splice(0, batchSize - batch.length))
    }
    this.#ready.splice(0, taken)
    for (const queued of batch) this.#endWaiting(queued)
    return batch
  }

  async #send(batch: readonly Queued<Item, Result>[]): Promise<void> {
    this.#batchesInFlight += 1
    const settle = await this.#options.send(batch.map(({ item }) => item)).then(
      (outcomes) => {
        this.#releaseQueues(batch, outcomes)
        return () => {
          for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as Result)
        }
      },
      (error: unknown) => {
        this.#releaseQueues(batch, [])
        return () => {
          for (const { reject } of batch) reject(error)
        }
      },
    )
    this.#batchesInFlight -= 1
    this.#flush()
    // After the next batch is sent: the database works on it while the callers continue.
    setImmediate(settle)
  }

  #releaseQueues(
    batch: readonly Queued<Item, Result>[],
    outcomes: readonly (Result | Promise<Result>)[],
  ): void {
    const pending = new Map<Queue<Item, Result>, Promise<Result>[]>()
    for (const [index, { queue }] of batch.entries()) {
      const outcome = outcomes[index]
      if (outcome instanceof Promise) pending.set(queue, [...(pending.get(queue) ?? []), outcome])
    }
    for (const [queue, promises] of pending)
      void Promise.allSettled(promises).then(() => this.#release(queue))
    for (const { queue } of batch) if (!pending.has(queue)) this.#release(queue)
  }

  #release(queue: Queue<Item, Result>): void {
    if (!queue.isBusy) return
    queue.isBusy = false
    if (queue.waiting.length === 0) this.#queues.delete(queue.key)
    else this.#ready.push(queue)
    this.#readyItems += queue.waiting.length
    this.#scheduleFlush()
  }

  #cancel(queued: Queued<Item, Result>): void {
    const { queue } = queued
    queue.waiting.splice(queue.waiting.indexOf(queued), 1)
    this.#endWaiting(queued)
    if (queue.isBusy) return
    this.#readyItems -= 1
    if (queue.waiting.length > 0) return
    this.#ready.splice(this.#ready.indexOf(queue), 1)
    this.#queues.delete(queue.key)
  }

  #endWaiting(queued: Queued<Item, Result>): void {
    queued.signal.removeEventListener('abort', queued.onAbort)
    this.#waiting -= 1
    this.#bytes -= queued.bytes
    const left = (this.#waitingOf.get(queued.caller) ?? 0) - 1
    if (left > 0) this.#waitingOf.set(queued.caller, left)
    else this.#waitingOf.delete(queued.caller)
  }
}

function queueFull(): LaurelError {
  const message = 'too many calls wait already: try again shortly'
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, { retryAfter: 1 })
}
