import { LaurelError } from '../../../model/errors.ts'

/** Something that waits to go out with others. */
interface Queued<Item, Result> {
  readonly item: Item
  readonly bytes: number
  readonly queue: Queue<Item, Result>
  readonly resolve: (outcome: Result | Promise<Result>) => void
  readonly reject: (reason: unknown) => void
  readonly signal: AbortSignal
  readonly onAbort: () => void
}

/** What waits of one owner. */
interface Queue<Item, Result> {
  readonly key: unknown
  readonly waiting: Set<Queued<Item, Result>>
  /** Until all that is on its way is answered. */
  isBusy: boolean
}

export interface BatcherOptions<Item, Result> {
  /**
   * Sends items together, those of an owner in their order, and gives as many answers: those that take longer as promises,
   * for which only the same owner's next ones wait. A rejection is everybody's.
   */
  readonly send: (items: readonly Item[]) => Promise<readonly (Result | Promise<Result>)[]>
  /** Whose an item is: it goes out once those of the same owner that came before it are back. */
  readonly keyOf: (item: Item) => unknown
  readonly maxItems: number
  readonly maxBytes: number
  /** Items that go out together at most. */
  readonly batchSize: number
  /** So many must wait for others to go out beside those that are on their way. */
  readonly secondBatchThreshold: number
}

/** Batches that are on their way at most. */
const MAX_IN_FLIGHT = 2

/**
 * Gathers what comes while the one before it is on its way, and sends it together. What comes to an idle gatherer
 * goes at once, with whatever arrived in the same moment: there is no timer. Only where many wait a second batch goes out
 * beside the first: fewer are worth more together.
 */
export class Batcher<Item, Result> {
  readonly #settings: BatcherOptions<Item, Result>
  /** By owner, of all who have something that waits or is on its way. */
  readonly #queues = new Map<unknown, Queue<Item, Result>>()
  /** Those that are not busy, in the order in which they came to wait. */
  readonly #ready = new Set<Queue<Item, Result>>()
  /** Items that wait in the lines that are ready. */
  #readyItems = 0
  #waiting = 0
  #bytes = 0
  /** Batches that are on their way. */
  #sent = 0
  #isFlushScheduled = false

  constructor(settings: BatcherOptions<Item, Result>) {
    this.#settings = settings
  }

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Sends an item with others. An abort takes it out while it waits; once it is on its way it is answered truthfully.
   * @throws LaurelError RESOURCE_EXHAUSTED at once when too much waits; what `send` throws; the signal's reason.
   */
  add(item: Item, bytes: number, signal: AbortSignal): Promise<Result> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const { maxItems, maxBytes, keyOf } = this.#settings
    if (this.#waiting >= maxItems || this.#bytes + bytes > maxBytes) return Promise.reject(tooMuch())
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#giveUp(waiting)
        reject(signal.reason)
      }
      const queue = this.#queueOf(keyOf(item))
      const waiting = { item, bytes, queue, resolve, reject, signal, onAbort }
      signal.addEventListener('abort', onAbort, { once: true })
      queue.waiting.add(waiting)
      this.#waiting += 1
      this.#bytes += bytes
      if (queue.isBusy) return
      this.#ready.add(queue)
      this.#readyItems += 1
      this.#scheduleFlush()
    })
  }

  #queueOf(key: unknown): Queue<Item, Result> {
    const known = this.#queues.get(key)
    if (known !== undefined) return known
    const queue = { key, waiting: new Set<Queued<Item, Result>>(), isBusy: false }
    this.#queues.set(key, queue)
    return queue
  }

  /** Calls that came in one packet are here when it sends. */
  #scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#readyItems < this.#least) return
    this.#isFlushScheduled = true
    setImmediate(() => {
      this.#isFlushScheduled = false
      this.#sendMore()
    })
  }

  /** So many must be ready for a batch to go out. */
  get #least(): number {
    if (this.#sent === 0) return 1
    return this.#sent < MAX_IN_FLIGHT ? this.#settings.secondBatchThreshold : Number.POSITIVE_INFINITY
  }

  #sendMore(): void {
    while (this.#readyItems >= this.#least) void this.#send(this.#next())
  }

  /** Takes out what goes now, and makes its lines busy. */
  #next(): readonly Queued<Item, Result>[] {
    const batch: Queued<Item, Result>[] = []
    for (const queue of this.#ready) {
      if (batch.length === this.#settings.batchSize) break
      this.#ready.delete(queue)
      this.#readyItems -= queue.waiting.size
      queue.isBusy = true
      for (const waiting of queue.waiting) {
        if (batch.length === this.#settings.batchSize) break
        this.#take(waiting)
        batch.push(waiting)
      }
    }
    return batch
  }

  async #send(batch: readonly Queued<Item, Result>[]): Promise<void> {
    this.#sent += 1
    const tell = await this.#settings.send(batch.map(({ item }) => item)).then(
      (outcomes) => {
        this.#freeAll(batch, outcomes)
        return () => {
          for (const [index, { resolve }] of batch.entries()) resolve(outcomes[index] as Result)
        }
      },
      (error: unknown) => {
        this.#freeAll(batch, [])
        return () => {
          for (const { reject } of batch) reject(error)
        }
      },
    )
    this.#sent -= 1
    this.#sendMore()
    // Once the next ones are on their way: the database has work while those who wait are told.
    setImmediate(tell)
  }

  /** Lines of which an answer takes longer are free once they have it. */
  #freeAll(batch: readonly Queued<Item, Result>[], outcomes: readonly (Result | Promise<Result>)[]): void {
    const late = new Map<Queue<Item, Result>, Promise<Result>[]>()
    for (const [index, { queue }] of batch.entries()) {
      const outcome = outcomes[index]
      if (outcome instanceof Promise) late.set(queue, [...(late.get(queue) ?? []), outcome])
    }
    for (const [queue, promises] of late) void Promise.allSettled(promises).then(() => this.#free(queue))
    for (const { queue } of batch) if (!late.has(queue)) this.#free(queue)
  }

  #free(queue: Queue<Item, Result>): void {
    if (!queue.isBusy) return
    queue.isBusy = false
    if (queue.waiting.size === 0) this.#queues.delete(queue.key)
    else this.#ready.add(queue)
    this.#readyItems += queue.waiting.size
    this.#scheduleFlush()
  }

  #giveUp(waiting: Queued<Item, Result>): void {
    const { queue } = waiting
    this.#take(waiting)
    if (queue.isBusy) return
    this.#readyItems -= 1
    if (queue.waiting.size > 0) return
    this.#ready.delete(queue)
    this.#queues.delete(queue.key)
  }

  #take(waiting: Queued<Item, Result>): void {
    waiting.queue.waiting.delete(waiting)
    waiting.signal.removeEventListener('abort', waiting.onAbort)
    this.#waiting -= 1
    this.#bytes -= waiting.bytes
  }
}

function tooMuch(): LaurelError {
  const message = 'too many calls wait already: try again shortly'
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, { retryAfter: 1 })
}
