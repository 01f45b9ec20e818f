import type { ServerResponse } from 'node:http'
import { LaurelError } from '../../model/errors.ts'
import { formatJson } from '../../model/exact-json.ts'
import { writeEventJson } from '../../service/events/event-json.ts'
import { writeResumeToken } from '../../service/events/resume-token.ts'
import type { WatchedEvents } from '../../service/events/watch-progress.ts'
import { problemOf } from '../failures.ts'

/** How soon a browser comes again when a stream has ended, in milliseconds. */
export const BEGINNING = 'retry: 1000\n\n'

/** Some of a stream, whole events of it. */
export interface Piece {
  readonly text: string
  /** Goes on after it. */
  readonly resumeToken: string
}

/** So many characters are enough for one write. */
const PIECE_SIZE = 16 * 1024

/** What a page says. Each event has a token of its own, because a stream may break between any two. */
export function* piecesOf(titleId: string, { events, resumeToken }: WatchedEvents): Generator<Piece> {
  // A browser takes the id of what is no event too, and goes on from there.
  if (events.length === 0) yield { text: `: alive\nid: ${resumeToken}\n\n`, resumeToken }
  let text = ''
  for (const [index, event] of events.entries()) {
    const token = writeResumeToken(titleId, event.id)
    text += `id: ${token}\nevent: ${event.kind}\ndata: ${formatJson(writeEventJson(event))}\n\n`
    if (text.length < PIECE_SIZE && index < events.length - 1) continue
    yield { text, resumeToken: token }
    text = ''
  }
}

/** The last event of a stream that ends before the client wants it to: why, and where to go on. */
export function endText(error: LaurelError | undefined, resumeToken: string | undefined): string {
  const { error: message, reason, ...details } = problemOf(error)
  const data = { reason, message, ...details, resume_token: resumeToken ?? null }
  const id = resumeToken === undefined ? '' : `id: ${resumeToken}\n`
  return `${id}event: end\ndata: ${formatJson(data)}\n\n`
}

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
