import type { Event } from '../../model/event.ts'
import { formatInstant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'

/**
 * What is told of an event where it is told in JSON. Each member is always there, and null where it has no meaning. A
 * definition is of no player.
 */
export function writeEventJson(event: Event): JsonObject {
  const { kind, unlockTime, playerId } = event
  const ofPlayer = kind !== 'definition_changed'
  return {
    event_id: String(event.id),
    title_id: event.titleId,
    player_id: ofPlayer ? playerId : null,
    achievement_id: event.achievementId,
    kind,
    time: formatInstant(event.time),
    state: ofPlayer ? event.state : null,
    percent: ofPlayer ? event.percent : null,
    unlock_time: unlockTime === undefined ? null : formatInstant(unlockTime),
    actor: event.actor,
    reason: event.reason,
    request_id: event.requestId,
  }
}
