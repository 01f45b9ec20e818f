import { sleep } from '../model/sleep.ts'
import { meaningOfError } from './errors.ts'
import type { SqlStateMeaning } from './sqlstates.ts'

/** Whether the database accepts writes. */
export type WriteState = 'writable' | 'read_only' | 'full'

const PROBE_INTERVAL_MILLISECONDS = 1000

/**
 * Follows whether the database accepts writes: a failure says that it does not, and then a probe runs each second until it
 * succeeds. Without a probe the state would last, because a server that is not ready gets no calls.
 */
export class WriteStates {
  readonly #probe: () => Promise<void>
  readonly #stopping = new AbortController()
  readonly #listeners: ((state: WriteState) => void)[] = []
  #current: WriteState = 'writable'
  #probing: Promise<void> = Promise.resolve()

  /** @param probe fails as a write would */
  constructor(probe: () => Promise<void>) {
    this.#probe = probe
  }

  get current(): WriteState {
    return this.#current
  }

  onChange(listener: (state: WriteState) => void): void {
    this.#listeners.push(listener)
  }

  /** Follows from the failure of a call. */
  report(meaning: SqlStateMeaning | undefined): void {
    if (meaning !== 'read_only' && meaning !== 'full') return
    const wasWritable = this.#current === 'writable'
    this.#set(meaning)
    if (wasWritable) this.#probing = this.#untilWritable()
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#probing
  }

  async #untilWritable(): Promise<void> {
    const { signal } = this.#stopping
    while (this.#current !== 'writable') {
      await sleep(PROBE_INTERVAL_MILLISECONDS, signal)
      if (signal.aborted) return
      await this.#probe().then(
        () => this.#set('writable'),
        (error: unknown) => this.report(meaningOfError(error)),
      )
    }
  }

  #set(state: WriteState): void {
    if (state === this.#current) return
    this.#current = state
    for (const listener of this.#listeners) listener(state)
  }
}
