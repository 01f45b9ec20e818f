import type { EventWithProgress } from '../../model/event.ts'
import type { EventHistoryFilter } from '../../store/events/event-history.ts'
import type { Queries } from '../../store/queries.ts'
import type { IdRange } from '../../store/scanned-list.ts'
import type { Call } from '../call.ts'
import { type Page, readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { redactForPlayer } from './watch-progress.ts'

export interface ListEvents extends EventHistoryFilter, Pick<IdRange, 'order'> {
  readonly titleId: string
  /** `player`: as the player may see the events. */
  readonly view: 'full' | 'player'
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/**
 * Returns a page of a title's events, each with the progress after it, up to the safe position: an event that commits later has
 * a higher id, so no page misses it.
 */
export async function listEvents(
  services: Services,
  request: ListEvents,
  call: Call,
): Promise<Page<EventWithProgress>> {
  const { order, view, pageSize, pageToken, ...filter } = request
  const { titleId } = filter
  const safe = await services.safePosition.current(call.signal)
  return services.store.read(call.signal, async (queries) => {
    await titleOf(queries, titleId)
    const paging = { pageSize, pageToken, list: ['events', view] }
    const page = await readEventPage(queries, filter, order, paging, safe)
    return view === 'player' ? { ...page, items: await asPlayerSees(queries, titleId, page.items) } : page
  })
}

/**
 * Returns a page of events up to the safe position, each with the progress after it.
 * @param paging `list` names the list besides the filter and the order
 * @param safe the safe position: read before a connection is taken, because reading it takes one
 */
export async function readEventPage(
  queries: Queries,
  filter: EventHistoryFilter,
  order: IdRange['order'],
  { list, ...paging }: Pick<ListEvents, 'pageSize' | 'pageToken'> & { readonly list: readonly string[] },
  safe: bigint,
): Promise<Page<EventWithProgress>> {
  const { titleId, playerId, achievementId, kinds, startTime, endTime } = filter
  return readPage(
    { ...paging, defaultSize: 100 },
    [...list, titleId, playerId, achievementId, kinds, `${startTime}`, `${endTime}`, order],
    (last, limit) => queries.eventHistory.list(filter, rangeOf(order, last?.key, safe), limit),
    ({ id }) => ({ key: id, id: '' }),
  )
}

/**
 * Returns the range of ids after the last one of a page. Ids below a returned one are safe, though another server's position may
 * be lower.
 */
export function rangeOf(order: IdRange['order'], last: bigint | undefined, safe: bigint): IdRange {
  return order === 'oldest_first'
    ? { after: last ?? 0n, before: safe + 1n, order }
    : { after: 0n, before: last ?? safe + 1n, order }
}

/**
 * Returns the events without what `redactForPlayer` leaves out, nor the values of a hidden achievement before its unlock. A
 * deleted achievement may have been hidden.
 */
async function asPlayerSees(
  queries: Queries,
  titleId: string,
  events: readonly EventWithProgress[],
): Promise<readonly EventWithProgress[]> {
  const isLocked = ({ progress }: EventWithProgress) =>
    progress !== undefined && progress.state !== 'achieved'
  const ids = new Set(events.filter(isLocked).map(({ achievementId }) => achievementId))
  const visible = await queries.achievements.listVisible(titleId, [...ids])
  return events.map((event) => {
    const redacted = redactForPlayer(event)
    if (redacted.progress === undefined) return redacted
    const isHidden = isLocked(event) && !visible.has(event.achievementId)
    const hidden = isHidden ? { values: {}, extensions: {} } : {}
    return { ...redacted, progress: { ...redacted.progress, ...hidden, writer: '' } }
  })
}
