import type { LaurelError } from '../../model/errors.ts'
import { formatJson } from '../../model/exact-json.ts'
import { writeEventJson } from '../../service/events/event-json.ts'
import { writeResumeToken } from '../../service/events/resume-token.ts'
import type { WatchedEvents } from '../../service/events/watch-progress.ts'
import { problemOf } from '../problem.ts'

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
