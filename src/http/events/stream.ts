import type { ServerResponse } from 'node:http'
import { LaurelError } from '../../model/errors.ts'
import { BEGINNING } from './text.ts'

const HEADERS = {
  'content-type': 'text/event-stream',
  // Neither kept nor compressed nor gathered on its way: each would hold events back.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  // Nothing comes after it, and a server that stops need not wait for more.
  connection: 'close',
}

/** How long the last event may take, in milliseconds. */
const ENDING = 5_000

/** Events on their way to one client, who takes them as fast as it likes. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #writeTimeout: number

  /** @param writeTimeout how long the client may take nothing, in milliseconds */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, writeTimeout: number) {
    this.#response = response
    this.#writeTimeout = writeTimeout
    response.writeHead(200, { ...HEADERS, ...headers })
    response.write(BEGINNING)
  }

  /**
   * Sends something, and waits until there is room for more.
   * @throws LaurelError WATCH_TOO_SLOW when patience is lost, the signal's reason when the client goes away.
   */
  async send(text: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#response.write(text)) return
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        this.#response.off('drain', settle)
        if (error === undefined) resolve()
        else reject(error)
      }
      const abort = () => settle(signal.reason)
      const timer = setTimeout(() => settle(tooSlow()), this.#writeTimeout)
      signal.addEventListener('abort', abort, { once: true })
      this.#response.once('drain', settle)
    })
  }

  /** Sends the last of it. Who does not take that either loses the connection. */
  end(text: string): void {
    const timer = setTimeout(() => this.#response.destroy(), ENDING)
    this.#response.once('close', () => clearTimeout(timer))
    this.#response.end(text)
  }
}

function tooSlow(): LaurelError {
  const message = 'what is watched was not read for too long: go on from resume_token'
  return new LaurelError('unavailable', 'WATCH_TOO_SLOW', message, { retryAfter: 1 })
}
