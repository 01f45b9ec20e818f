import { sentPercent } from '../../dialect/kit/plan.ts'
import { compositeKey } from '../../model/composite-key.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Event } from '../../model/event.ts'
import type { SentPercent } from '../../store/destinations/sent-percents.ts'
import type { Queries } from '../../store/queries.ts'

/** Stores what a platform has after it received events, in their order: percents only rise, but for a reset. */
export async function storeSentPercents(
  queries: Queries,
  key: DestinationKey,
  delivered: readonly Event[],
): Promise<void> {
  const raised = new Map<string, SentPercent>()
  const resets: Event[] = []
  for (const event of delivered) {
    const { playerId, achievementId } = event
    if (achievementId === '') continue
    const id = compositeKey(playerId, achievementId)
    if (event.kind === 'reset') {
      resets.push(event)
      raised.delete(id)
    } else {
      const percent = Math.max(raised.get(id)?.percent ?? 0, sentPercent([{ event }]))
      raised.set(id, { playerId, achievementId, percent })
    }
  }
  if (resets.length > 0) await queries.sentPercents.reset(key, resets)
  if (raised.size > 0) await queries.sentPercents.raise(key, [...raised.values()])
}
