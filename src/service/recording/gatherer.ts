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
  readonly mostItems: number
  readonly mostBytes: number
  /** Items that go out together at most. */
  readonly batchSize: number
}

/**
 * Gathers what comes while the one before it is on its way, and sends it together. What comes to an idle gatherer
 * goes at once, with whatever arrived in the same moment: there is no timer.
 */
export class Gatherer<Item, Answer> {
  readonly #settings: GathererSettings<Item, Answer>
  readonly #waiting = new Set<Waiting<Item, Answer>>()
  #bytes = 0
  #running = false

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
      if (this.#running) return
      this.#running = true
      // Calls that came in one packet are here when this runs.
      setImmediate(() => void this.#run())
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch: Waiting<Item, Answer>[] = []
      for (const waiting of this.#waiting) {
        if (batch.length === this.#settings.batchSize) break
        this.#take(waiting)
        batch.push(waiting)
      }
      const tell = await this.#send(batch)
      // Once the next ones are on their way: the database has work while those who wait are told.
      setImmediate(tell)
    }
    this.#running = false
  }

  /** Gives what tells those who wait what became of them. */
  async #send(batch: readonly Waiting<Item, Answer>[]): Promise<() => void> {
    try {
      const answers = await this.#settings.send(batch.map(({ item }) => item))
      // One that takes longer may fail before anybody is told of it.
      for (const answer of answers) if (answer instanceof Promise) answer.catch(() => {})
      return () => {
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer)
      }
    } catch (error) {
      return () => {
        for (const { reject } of batch) reject(error)
      }
    }
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
