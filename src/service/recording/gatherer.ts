import { LaurelError } from '../../model/errors.ts'

/** Something that waits to go out with others. */
interface Waiting<Item, Answer> {
  readonly item: Item
  readonly bytes: number
  readonly resolve: (answer: Answer) => void
  readonly reject: (reason: unknown) => void
  readonly signal: AbortSignal
  readonly onAbort: () => void
}

export interface GathererSettings<Item, Answer> {
  /**
   * Sends items together, in their order, and gives as many answers: those that take longer as promises, for which
   * the next ones need not wait. A rejection is everybody's.
   */
  readonly send: (items: readonly Item[]) => Promise<readonly (Answer | Promise<Answer>)[]>
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
export class Gatherer<Item, Answer> {
  readonly #settings: GathererSettings<Item, Answer>
  readonly #waiting = new Set<Waiting<Item, Answer>>()
  /** The owners of what is on its way, batch by batch. */
  readonly #sent = new Set<ReadonlySet<unknown>>()
  #bytes = 0
  #isWoken = false

  constructor(settings: GathererSettings<Item, Answer>) {
    this.#settings = settings
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /**
   * Sends an item with others. An abort takes it out while it waits; once it is on its way it is answered truthfully.
   * @throws LaurelError RESOURCE_EXHAUSTED at once when too much waits; what `send` throws; the signal's reason.
   */
  add(item: Item, bytes: number, signal: AbortSignal): Promise<Answer> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const { mostItems, mostBytes } = this.#settings
    if (this.#waiting.size >= mostItems || this.#bytes + bytes > mostBytes) return Promise.reject(tooMuch())
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#take(waiting)
        reject(signal.reason)
      }
      const waiting = { item, bytes, resolve, reject, signal, onAbort }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(waiting)
      this.#bytes += bytes
      this.#wake()
    })
  }

  /** Calls that came in one packet are here when it sends. */
  #wake(): void {
    const areMany = this.#waiting.size % this.#settings.besideFrom === 0
    if (this.#isWoken || (this.#sent.size > 0 && !areMany)) return
    this.#isWoken = true
    setImmediate(() => {
      this.#isWoken = false
      this.#sendMore()
    })
  }

  #sendMore(): void {
    while (this.#sent.size < MOST_SENT) {
      const least = this.#sent.size === 0 ? 1 : this.#settings.besideFrom
      const batch = this.#waiting.size < least ? [] : this.#next()
      if (batch.length === 0) return
      for (const waiting of batch) this.#take(waiting)
      void this.#send(batch)
    }
  }

  /** What may go out now, in its order. */
  #next(): readonly Waiting<Item, Answer>[] {
    const { ownerOf, batchSize } = this.#settings
    const [before] = this.#sent
    const batch: Waiting<Item, Answer>[] = []
    for (const waiting of this.#waiting) {
      if (batch.length === batchSize) break
      if (before?.has(ownerOf(waiting.item)) !== true) batch.push(waiting)
    }
    return batch
  }

  async #send(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    const items = batch.map(({ item }) => item)
    const owners = new Set(items.map(this.#settings.ownerOf))
    this.#sent.add(owners)
    const tell = await this.#answersOf(items).then(
      (answers) => () => {
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer)
      },
      (error: unknown) => () => {
        for (const { reject } of batch) reject(error)
      },
    )
    this.#sent.delete(owners)
    this.#sendMore()
    // Once the next ones are on their way: the database has work while those who wait are told.
    setImmediate(tell)
  }

  async #answersOf(items: readonly Item[]): Promise<readonly (Answer | Promise<Answer>)[]> {
    const answers = await this.#settings.send(items)
    // One that takes longer may fail before anybody is told of it.
    for (const answer of answers) if (answer instanceof Promise) answer.catch(() => {})
    return answers
  }

  #take(waiting: Waiting<Item, Answer>): void {
    if (!this.#waiting.delete(waiting)) return
    waiting.signal.removeEventListener('abort', waiting.onAbort)
    this.#bytes -= waiting.bytes
  }
}

function tooMuch(): LaurelError {
  const message = 'too many calls wait already: try again shortly'
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, { retryAfter: 1 })
}
