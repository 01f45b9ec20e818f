import type { Event, EventFilter } from '../../model/event.ts'

/** Whether an event meets each part of a filter that is not empty. */
export function meansEvent({ kinds, achievementIds, playerIds }: EventFilter): (event: Event) => boolean {
  const [ofKind, ofAchievement, ofPlayer] = [kinds, achievementIds, playerIds].map(
    (wanted: readonly string[]) => (wanted.length === 0 ? undefined : new Set(wanted)),
  )
  return ({ kind, achievementId, playerId }) =>
    (ofKind?.has(kind) ?? true) &&
    (ofAchievement?.has(achievementId) ?? true) &&
    (ofPlayer?.has(playerId) ?? true)
}
