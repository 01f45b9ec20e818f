import { LaurelError, serverStopping } from '../../model/errors.ts'
import type { Event, EventFilter } from '../../model/event.ts'
import { formatInstant } from '../../model/instant.ts'
import type { EventMark } from '../../store/events/events.ts'
import type { Call } from '../call.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { readResumeToken, resumeTokenInvalid, writeResumeToken } from './resume-token.ts'

export interface WatchProgress {
  readonly titleId: string
  readonly filter: EventFilter
  /** Undefined to start now, or with the oldest event. */
  readonly resumeToken: string | undefined
  readonly fromOldest: boolean
  /** `player`: without actor, reason and request id. */
  readonly view: 'full' | 'player'
  /** Without events, an empty batch is sent after this time. */
  readonly heartbeatMilliseconds: number
}

/** Events in order; empty for a heartbeat. */
export interface WatchedEvents {
  readonly events: readonly Event[]
  readonly resumeToken: string
}

/**
 * Yields the events of a title until the call is cancelled: each event once per resume token. Events are read only when
 * the previous ones were consumed, so a slow listener costs no memory.
 * @throws LaurelError RESUME_TOKEN_EXPIRED if events after the token were purged; RESUME_TOKEN_INVALID if the database has lost events, as in
 *   a failover; SERVER_STOPPING
 */
export async function* watchProgress(
  services: Services,
  request: WatchProgress,
  call: Call,
): AsyncGenerator<WatchedEvents> {
  const { titleId, view, heartbeatMilliseconds } = request
  const { safePosition, feed } = services
  const isMatch = matches(request.filter)
  const { takeovers } = safePosition
  let position = await startOf(services, request, call)
  let heartbeatTime = Number.NEGATIVE_INFINITY
  for (;;) {
    const { events, ...page } = await feed.read(titleId, position)
    if (page.oldest.position > position) throw resumeTokenExpired(titleId, page.oldest)
    position = page.position
    const matching = events.filter(isMatch)
    const resumeToken = writeResumeToken(titleId, position)
    if (matching.length > 0 || performance.now() >= heartbeatTime) {
      yield { events: view === 'player' ? matching.map(redactForPlayer) : matching, resumeToken }
      heartbeatTime = performance.now() + heartbeatMilliseconds
    }
    await safePosition.wait(position, Math.max(heartbeatTime - performance.now(), 0), call.signal)
    call.signal.throwIfAborted()
    if (safePosition.closed) throw serverStopping(resumeToken)
    if (safePosition.takeovers !== takeovers) throw resumeTokenInvalid(titleId)
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
    // The token may come from a database of which this one is an older copy: its ids will be assigned to other events. The
    // safe position cannot show that, because the server that issued the token may have been ahead of this one.
    if (given > (await queries.events.findLastId())) throw resumeTokenInvalid(titleId)
    const restored = await queries.events.findRestoreAround(given)
    if (restored !== undefined) throw eventsLost(titleId, restored)
    return given
  })
  return start ?? safePosition.current(call.signal)
}

/** Returns a test for events that match each part of the filter that is not empty. */
function matches({ kinds, achievementIds, playerIds }: EventFilter): (event: Event) => boolean {
  const [kindSet, achievementSet, playerSet] = [kinds, achievementIds, playerIds].map(
    (values: readonly string[]) => (values.length === 0 ? undefined : new Set(values)),
  )
  return ({ kind, achievementId, playerId }) =>
    (kindSet?.has(kind) ?? true) &&
    (achievementId === '' || (achievementSet?.has(achievementId) ?? true)) &&
    (kind === 'progress_imported' || (playerSet?.has(playerId) ?? true))
}

/** Returns the event without its caller, reason and request id. */
export function redactForPlayer<Redacted extends Event>(event: Redacted): Redacted {
  return { ...event, actor: '', reason: '', requestId: '' }
}

function resumeTokenExpired(titleId: string, { position, time }: EventMark): LaurelError {
  const oldestTime = formatInstant(time)
  const message = `events after resume_token are not kept any more: the oldest ones left are from after ${oldestTime}`
  const metadata = { titleId, oldestTime, oldestResumeToken: writeResumeToken(titleId, position) }
  return new LaurelError('out_of_range', 'RESUME_TOKEN_EXPIRED', message, { metadata })
}

/** The database is a copy of an earlier time: what the caller has seen after the copy did not happen in it. */
function eventsLost(titleId: string, { position, time }: EventMark): LaurelError {
  const oldestTime = formatInstant(time)
  const message =
    `the database was restored from a backup, and the events after ${oldestTime} are lost: read the progress again, and ` +
    'resume with oldest_resume_token'
  const metadata = { titleId, oldestTime, oldestResumeToken: writeResumeToken(titleId, position) }
  return new LaurelError('out_of_range', 'RESUME_TOKEN_EXPIRED', message, { metadata })
}
