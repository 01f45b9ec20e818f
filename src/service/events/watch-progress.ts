import { LaurelError, serverStopping } from '../../model/errors.ts'
import type { Event, EventFilter } from '../../model/event.ts'
import { formatInstant } from '../../model/instant.ts'
import type { EventMark } from '../../store/events/events.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { meansEvent } from './event-filter.ts'
import { readResumeToken, resumeTokenInvalid, writeResumeToken } from './resume-token.ts'

export interface WatchProgress {
  readonly titleId: string
  readonly filter: EventFilter
  /** Goes on from there; undefined to begin now, or with the oldest event. */
  readonly resumeToken: string | undefined
  readonly fromOldest: boolean
  /** `player`: without who did it, why and by which call. */
  readonly view: 'full' | 'player'
  /** How long nothing is said at most, in milliseconds. */
  readonly heartbeat: number
}

/** Events in their order; none says that there were none for a while. */
export interface WatchedEvents {
  readonly events: readonly Event[]
  readonly resumeToken: string
}

/**
 * Tells what happens in a title, until nobody listens: each event once, unless a token is gone on from twice. What is not
 * taken is not read, so a slow listener costs no memory.
 * @throws LaurelError OUT_OF_RANGE for a token whose events are not kept any more, UNAVAILABLE when the server stops.
 */
export async function* watchProgress(
  services: Services,
  request: WatchProgress,
  call: Call,
): AsyncGenerator<WatchedEvents> {
  const { titleId, view } = request
  const { safePosition, feed } = services
  const means = meansEvent(request.filter)
  let position = await startOf(services, request, call)
  let spoke = Number.NEGATIVE_INFINITY
  for (;;) {
    const { events, ...page } = await feed.read(titleId, position)
    if (page.oldest.position > position) throw resumeTokenExpired(titleId, page.oldest)
    position = page.position
    const meant = events.filter(means)
    const resumeToken = writeResumeToken(titleId, position)
    if (meant.length > 0 || performance.now() >= spoke + request.heartbeat) {
      yield { events: view === 'player' ? meant.map(asPlayerSees) : meant, resumeToken }
      spoke = performance.now()
    }
    await safePosition.wait(position, Math.max(spoke + request.heartbeat - performance.now(), 0), call.signal)
    call.signal.throwIfAborted()
    if (safePosition.closed) throw serverStopping(resumeToken)
  }
}

async function startOf(
  { store, safePosition }: Services,
  { titleId, resumeToken, fromOldest }: WatchProgress,
  call: Call,
): Promise<bigint> {
  const given = resumeToken === undefined ? undefined : readResumeToken(titleId, resumeToken)
  const start = await store.read(call.signal, async (queries) => {
    await titleOf(queries, titleId)
    const oldest = await queries.events.findOldestMark()
    if (given === undefined) return fromOldest ? oldest.position : undefined
    if (given < oldest.position) throw resumeTokenExpired(titleId, oldest)
    // Of a database that this one is an older copy of: its numbers will mean other events. The horizon says nothing of
    // it: that of the server that gave the token may be further.
    const newest = await queries.events.findBarrier()
    if (given > newest.position) throw resumeTokenInvalid(titleId)
    return given
  })
  return start ?? safePosition.current(call.signal)
}

function asPlayerSees(event: Event): Event {
  return { ...event, actor: '', reason: '', requestId: '' }
}

function resumeTokenExpired(titleId: string, { position, time }: EventMark): LaurelError {
  const oldestTime = formatInstant(time)
  const message = `events after resume_token are not kept any more: the oldest that are came after ${oldestTime}`
  const metadata = { titleId, oldestTime, oldestResumeToken: writeResumeToken(titleId, position) }
  return new LaurelError('out_of_range', 'RESUME_TOKEN_EXPIRED', message, { metadata })
}
