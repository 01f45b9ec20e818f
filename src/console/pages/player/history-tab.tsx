import type { EventJson } from '../../../clients/typescript/gen/laurel/v1/event_pb.js'
import { api } from '../../api.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatPercent, formatTime } from '../../parts/format.ts'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useNextPages } from '../../parts/use-next-pages.ts'
import { view } from '../../permissions.ts'
import { eventKindOf } from '../../records/event.ts'

interface HistoryTabProps {
  readonly titleId: string
  readonly playerId: string
}

/** The player's events of a title, the newest first, each with the caller that made it. */
export function HistoryTab({ titleId, playerId }: HistoryTabProps) {
  const { items, error, isLoading, hasMore, loadMore } = useNextPages(
    async (pageToken, signal) => {
      const { events = [], nextPageToken } = await api.events.listEvents(
        { titleId, playerId, pageToken, view: view.value },
        signal,
      )
      return { items: events, nextPageToken }
    },
    [titleId, playerId, view.value],
  )
  if (items.length === 0 && !isLoading && error === undefined && !hasMore) {
    return (
      <Empty title="There are no events of this player">
        <p class="muted">Events are kept for a time that the server’s operator sets, 30 days by default.</p>
      </Empty>
    )
  }
  return (
    <>
      {items.length > 0 && <EventTable events={items} />}
      {error !== undefined && <Failure error={error} onRetry={loadMore} />}
      {hasMore && (
        <button type="button" class="more" disabled={isLoading} onClick={loadMore}>
          Older events
        </button>
      )}
    </>
  )
}

function EventTable({ events }: { events: readonly EventJson[] }) {
  return (
    <TableFrame label="History">
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            <th scope="col">Achievement</th>
            <th scope="col" class="number">
              Percent
            </th>
            <th scope="col">By</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          {events.map(({ eventId, time, kind, achievementId, percent = 0, actor, reason }) => (
            <tr key={eventId}>
              <td class="nowrap" title={time}>
                {formatTime(time)}
              </td>
              <td>
                <Chip kind={eventKindOf(kind).chip}>{eventKindOf(kind).label}</Chip>
              </td>
              <th scope="row" dir="auto">
                {achievementId}
              </th>
              <td class="number">{achievementId ? formatPercent(percent) : ''}</td>
              <td dir="auto">{actor}</td>
              <td dir="auto">{reason}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}
