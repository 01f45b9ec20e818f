import type { EventKind } from '../../model/event.ts'
import type { NewEvent } from '../../store/events/event-rows.ts'

/** Returns an event about a player as a whole in each title. */
export function playerEvents(
  kind: EventKind,
  playerId: string,
  titleIds: readonly string[],
  change: Pick<NewEvent, 'time' | 'actor' | 'reason' | 'requestId'>,
): readonly NewEvent[] {
  return titleIds.map((titleId) => ({
    playerId,
    titleId,
    achievementId: '',
    kind,
    state: 'not_started',
    percent: 0,
    unlockTime: undefined,
    ...change,
  }))
}
