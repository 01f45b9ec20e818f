import { LaurelError } from '../../../model/errors.ts'

/** Something that waits to go out with others. */
interface Waiting<Item, Result> {
  readonly item: Item
  readonly bytes: number
  readonly line: Line<Item, Result>
  readonly resolve: (outcome: Result | Promise<Result>) => void
  readonly reject: (reason: unknown) => void
  readonly signal: AbortSignal
  readonly onAbort: () => void
}

/** What waits of one owner. */
interface Line<Item, Result> {
  readonly owner: unknown
  readonly waiting: Set<Waiting<Item, Result>>
  /** Until all that is on its way is answered. */
  isBusy: boolean
}

export interface GathererSettings<Item, Result> {
  /**
   * Sends items together, those of an owner in their order, and gives as many answers: those that take longer as promises,
   * for which only the same owner's next ones wait. A rejection is everybody's.
   */
  readonly send: (items: readonly Item[]) => Promise<readonly (Result | Promise<Result>)[]>
  /** Whose an item is: it goes out once those of the same owner that came before it are back. */
  readonly ownerOf: (item: Item) => unknown
  readonly mostItems: number
  readonly mostBytes: number
  /** Items that go out together at most. */
  readonly batchSize: number
  /** So many must wait for others to go out beside those that are on their way. */
  readonly besideFrom: number
}

/** Batches that are on their way at most. */
const MOST_SENT = 2

/**
 * Gathers what comes while the one before it is on its way, and sends it together. What comes to an idle gatherer
 * goes at once, with whatever arrived in the same moment: there is no timer. Only where many wait a second batch goes out
 * beside the first: fewer are worth more together.
 */
export class Gatherer<Item, Result> {
  readonly #settings: GathererSettings<Item, Result>
  /** By owner, of all who have something that waits or is on its way. */
  readonly #lines = new Map<unknown, Line<Item, Result>>()
  /** Those that are not busy, in the order in which they came to wait. */
  readonly #ready = new Set<Line<Item, Result>>()
  /** Items that wait in the lines that are ready. */
  #readyItems = 0
  #waiting = 0
  #bytes = 0
  /** Batches that are on their way. */
  #sent = 0
  #isWoken = false

  constructor(settings: GathererSettings<Item, Result>) {
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
    const { mostItems, mostBytes, ownerOf } = this.#settings
    if (this.#waiting >= mostItems || this.#bytes + bytes > mostBytes) return Promise.reject(tooMuch())
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#giveUp(waiting)
        reject(signal.reason)
      }
      const line = this.#lineOf(ownerOf(item))
      const waiting = { item, bytes, line, resolve, reject, signal, onAbort }
      signal.addEventListener('abort', onAbort, { once: true })
      line.waiting.add(waiting)
      this.#waiting += 1
      this.#bytes += bytes
      if (line.isBusy) return
      this.#ready.add(line)
      this.#readyItems += 1
      this.#wake()
    })
  }

  #lineOf(owner: unknown): Line<Item, Result> {
    const known = this.#lines.get(owner)
    if (known !== undefined) return known
    const line = { owner, waiting: new Set<Waiting<Item, Result>>(), isBusy: false }
    this.#lines.set(owner, line)
    return line
  }

  /** Calls that came in one packet are here when it sends. */
  #wake(): void {
    if (this.#isWoken || this.#readyItems < this.#least) return
    this.#isWoken = true
    setImmediate(() => {
      this.#isWoken = false
      this.#sendMore()
    })
  }

  /** So many must be ready for a batch to go out. */
  get #least(): number {
    if (this.#sent === 0) return 1
    return this.#sent < MOST_SENT ? this.#settings.besideFrom : Number.POSITIVE_INFINITY
  }

  #sendMore(): void {
    while (this.#readyItems >= this.#least) void this.#send(this.#next())
  }

  /** Takes out what goes now, and makes its lines busy. */
  #next(): readonly Waiting<Item, Result>[] {
    const batch: Waiting<Item, Result>[] = []
    for (const line of this.#ready) {
      if (batch.length === this.#settings.batchSize) break
      this.#ready.delete(line)
      this.#readyItems -= line.waiting.size
      line.isBusy = true
      for (const waiting of line.waiting) {
        if (batch.length === this.#settings.batchSize) break
        this.#take(waiting)
        batch.push(waiting)
      }
    }
    return batch
  }

  async #send(batch: readonly Waiting<Item, Result>[]): Promise<void> {
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
  #freeAll(batch: readonly Waiting<Item, Result>[], outcomes: readonly (Result | Promise<Result>)[]): void {
    const late = new Map<Line<Item, Result>, Promise<Result>[]>()
    for (const [index, { line }] of batch.entries()) {
      const outcome = outcomes[index]
      if (outcome instanceof Promise) late.set(line, [...(late.get(line) ?? []), outcome])
    }
    for (const [line, promises] of late) void Promise.allSettled(promises).then(() => this.#free(line))
    for (const { line } of batch) if (!late.has(line)) this.#free(line)
  }

  #free(line: Line<Item, Result>): void {
    if (!line.isBusy) return
    line.isBusy = false
    if (line.waiting.size === 0) this.#lines.delete(line.owner)
    else this.#ready.add(line)
    this.#readyItems += line.waiting.size
    this.#wake()
  }

  #giveUp(waiting: Waiting<Item, Result>): void {
    const { line } = waiting
    this.#take(waiting)
    if (line.isBusy) return
    this.#readyItems -= 1
    if (line.waiting.size > 0) return
    this.#ready.delete(line)
    this.#lines.delete(line.owner)
  }

  #take(waiting: Waiting<Item, Result>): void {
    waiting.line.waiting.delete(waiting)
    waiting.signal.removeEventListener('abort', waiting.onAbort)
    this.#waiting -= 1
    this.#bytes -= waiting.bytes
  }
}

function tooMuch(): LaurelError {
  const message = 'too many calls wait already: try again shortly'
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, { retryAfter: 1 })
}
