import type {
  EventServiceService,
  ListEventsRequest,
  WatchProgressRequest,
  WatchProgressResponse,
} from '../gen/laurel/v1/event_service.ts'
import { LaurelError } from '../model/errors.ts'
import { TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../model/instant.ts'
import type { Call } from '../service/call.ts'
import type { ListEvents } from '../service/events/list-events.ts'
import type { WatchProgress } from '../service/events/watch-progress.ts'
import type { Operations } from '../service/operations.ts'
import {
  readEventFilter,
  readEventKinds,
  readEventOrder,
  writeEvent,
  writeEventWithProgress,
} from './convert/event.ts'
import { readView } from './convert/progress.ts'
import { readId, readOptionalId, readPaging, readResumeToken } from './convert/scalars.ts'
import { readDuration, readTimeRange } from './convert/time.ts'
import { parse } from './convert/violations.ts'
import { type HandlersOf, serverStream, unary } from './handlers.ts'

const DEFAULT_HEARTBEAT = 15n * TICKS_PER_SECOND
const MIN_HEARTBEAT = TICKS_PER_SECOND
const MAX_HEARTBEAT = 300n * TICKS_PER_SECOND
const WRITE_TIMEOUT_MILLISECONDS = 30_000

export function eventService(operations: Operations): HandlersOf<typeof EventServiceService> {
  async function* responses(message: WatchProgressRequest, call: Call) {
    for await (const { events, resumeToken } of operations.watchProgress(readRequest(message), call)) {
      yield { events: events.map(writeEvent), resumeToken }
    }
  }
  const end = (last: WatchProgressResponse | undefined) => tooSlow(last?.resumeToken ?? '')
  return {
    watchProgress: serverStream(responses, { milliseconds: WRITE_TIMEOUT_MILLISECONDS, end }),

    listEvents: unary(async (message, call) => {
      const { items, nextPageToken } = await operations.listEvents(readListRequest(message), call)
      return { events: items.map(writeEventWithProgress), nextPageToken: nextPageToken ?? '' }
    }),
  }
}

function readListRequest(message: ListEventsRequest): ListEvents {
  return parse((violations) => {
    return {
      titleId: readId(message.titleId, 'title_id', violations),
      playerId: readOptionalId(message.playerId, 'player_id', violations),
      achievementId: readOptionalId(message.achievementId, 'achievement_id', violations),
      kinds: readEventKinds(message.kinds, 'kinds', violations),
      ...readTimeRange(message, violations),
      order: readEventOrder(message.order, violations),
      view: readView(message.view, violations),
      ...readPaging(message, violations),
    }
  })
}

function readRequest(message: WatchProgressRequest): WatchProgress {
  return parse((violations) => {
    const heartbeat = readDuration(message.heartbeat, 'heartbeat', violations) ?? DEFAULT_HEARTBEAT
    if (heartbeat < MIN_HEARTBEAT || heartbeat > MAX_HEARTBEAT) {
      violations.add('heartbeat', 'must be 1 second to 5 minutes')
    }
    return {
      titleId: readId(message.titleId, 'title_id', violations),
      filter: readEventFilter(message.filter, 'filter', violations),
      resumeToken: readResumeToken(message.resumeToken, violations),
      fromOldest: message.fromOldest,
      view: readView(message.view, violations),
      heartbeatMilliseconds: Number(heartbeat / TICKS_PER_MILLISECOND),
    }
  })
}

function tooSlow(resumeToken: string): LaurelError {
  const message = 'the caller read no response for 30 seconds: watch again from resume_token'
  return new LaurelError('unavailable', 'WATCH_TOO_SLOW', message, {
    retryAfter: 1,
    metadata: { resumeToken },
  })
}
