import type { Event } from '../../model/event.ts'
import { formatInstant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'

/** Returns an event as JSON. All members are always present; those without a meaning for the event are null. */
export function writeEventJson(event: Event): JsonObject {
  const { kind, unlockTime, playerId } = event
  const hasPlayer = kind !== 'definition_changed'
  return {
    event_id: String(event.id),
    title_id: event.titleId,
    player_id: playerId || null,
    achievement_id: event.achievementId,
    kind,
    time: formatInstant(event.time),
    state: hasPlayer ? event.state : null,
    percent: hasPlayer ? event.percent : null,
    unlock_time: unlockTime === undefined ? null : formatInstant(unlockTime),
    actor: event.actor,
    reason: event.reason,
    request_id: event.requestId,
  }
}
