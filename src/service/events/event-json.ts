import { type Event, hasProgress } from '../../model/event.ts'
import { formatInstant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'

/** Returns an event as JSON. All members are always present; those without a meaning for the event are null. */
export function writeEventJson(event: Event): JsonObject {
  const { kind, unlockTime } = event
  return {
    event_id: String(event.id),
    title_id: event.titleId,
    player_id: event.playerId || null,
    achievement_id: event.achievementId || null,
    kind,
    time: formatInstant(event.time),
    state: hasProgress(kind) ? event.state : null,
    percent: hasProgress(kind) ? event.percent : null,
    unlock_time: unlockTime === undefined ? null : formatInstant(unlockTime),
    actor: event.actor,
    reason: event.reason,
    request_id: event.requestId,
  }
}
