import type { Event } from '../../model/event.ts'
import type { Queries } from '../../store/queries.ts'

/** Writes the event of a part, and makes cached pages stale. To be called last: watches and other parts wait until the transaction ends. */
export async function announcePart(
  queries: Queries,
  { titleId, time, actor, reason }: Pick<Event, 'titleId' | 'time' | 'actor' | 'reason'>,
): Promise<void> {
  await queries.migrationParts.touchTitle(titleId)
  await queries.events.insert([
    {
      playerId: '',
      titleId,
      achievementId: '',
      kind: 'progress_imported',
      time,
      actor,
      reason,
      state: 'not_started',
      percent: 0,
      unlockTime: undefined,
      requestId: '',
      silent: true,
    },
  ])
}
