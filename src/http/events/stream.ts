import type { ServerResponse } from 'node:http'
import { LaurelError } from '../../model/errors.ts'
import { formatJson } from '../../model/exact-json.ts'
import { writeEventJson } from '../../service/events/event-json.ts'
import { writeResumeToken } from '../../service/events/resume-token.ts'
import type { WatchedEvents } from '../../service/events/watch-progress.ts'
import { problemOf } from '../failures.ts'

/** Makes a browser reconnect one second after the end of a stream. */
const BEGINNING = 'retry: 1000\n\n'

/** A chunk of a stream, of whole events. */
export interface Piece {
  readonly text: string
  /** Resumes after this chunk. */
  readonly resumeToken: string
}

/** Events are collected up to this number of characters per write. */
const PIECE_LENGTH = 16 * 1024

/** Writes a page of events. Each event has its own token, because a stream may break between any two. */
export function* piecesOf(titleId: string, { events, resumeToken }: WatchedEvents): Generator<Piece> {
  // A browser stores the id without an event too, and resumes from there.
  if (events.length === 0) yield { text: `: alive\nid: ${resumeToken}\n\n`, resumeToken }
  let text = ''
  for (const [index, event] of events.entries()) {
    const token = writeResumeToken(titleId, event.id)
    text += `id: ${token}\nevent: ${event.kind}\ndata: ${formatJson(writeEventJson(event))}\n\n`
    if (text.length < PIECE_LENGTH && index < events.length - 1) continue
    yield { text, resumeToken: token }
    text = ''
  }
}

/** Returns the last event of a stream that the server ends, with the reason and the resume token. */
export function endText(error: LaurelError | undefined, resumeToken: string | undefined): string {
  const { error: message, reason, ...details } = problemOf(error)
  const data = { reason, message, ...details, resume_token: resumeToken ?? null }
  const id = resumeToken === undefined ? '' : `id: ${resumeToken}\n`
  return `${id}event: end\ndata: ${formatJson(data)}\n\n`
}

const HEADERS = {
  'content-type': 'text/event-stream',
  // Caching, compression or buffering by a proxy would delay events.
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  // No request follows, so a stopping server need not wait for one.
  connection: 'close',
}

/** The timeout of the last event. */
const END_TIMEOUT_MILLISECONDS = 5_000

/** The events of one client, with backpressure. */
export class EventStream {
  readonly #response: ServerResponse
  readonly #writeTimeout: number

  /** @param writeTimeout the maximum time without reads by the client, in milliseconds */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, writeTimeout: number) {
    this.#response = response
    this.#writeTimeout = writeTimeout
    response.writeHead(200, { ...HEADERS, ...headers })
    response.write(BEGINNING)
  }

  /**
   * Sends text, and waits until the buffer has room.
   * @throws LaurelError WATCH_TOO_SLOW after the timeout; the signal's reason if the client disconnects.
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

  /** Sends the last text, and destroys the connection if the client does not read it in time. */
  end(text: string): void {
    const timer = setTimeout(() => this.#response.destroy(), END_TIMEOUT_MILLISECONDS)
    this.#response.once('close', () => clearTimeout(timer))
    this.#response.end(text)
  }
}

function tooSlow(): LaurelError {
  const message = 'the client did not read events for too long: resume from resume_token'
  return new LaurelError('unavailable', 'WATCH_TOO_SLOW', message, { retryAfter: 1 })
}
