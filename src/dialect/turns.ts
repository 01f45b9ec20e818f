import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds after which long work lets other calls run. */
const MAX_MILLISECONDS = 10

/** The turn of the event loop that a long loop takes: a loop over data in memory would let no other call run until its end. */
export class Turns {
  readonly #milliseconds: number
  #start = performance.now()

  constructor(milliseconds = MAX_MILLISECONDS) {
    this.#milliseconds = milliseconds
  }

  /** Waits for the next turn if this one has lasted long enough. To be called for each item. */
  async pause(): Promise<void> {
    if (performance.now() - this.#start < this.#milliseconds) return
    await nextTurn()
    this.#start = performance.now()
  }
}
