import { useState } from 'preact/hooks'
import type { EventJson } from '../../../clients/typescript/gen/laurel/v1/event_pb.js'
import { Chip } from '../../parts/chip.tsx'
import { formatPercent } from '../../parts/format.ts'
import { TableFrame } from '../../parts/table-frame.tsx'
import { eventKindOf } from '../../records/event.ts'
import { pathTo } from '../../router.ts'

interface EventFeedProps {
  /** The newest first. */
  readonly events: readonly EventJson[]
  readonly titleId: string
  readonly nameById: (achievementId: string) => string
}

/** The events as they come; they can be stopped, to read them. */
export function EventFeed({ events, titleId, nameById }: EventFeedProps) {
  const [frozen, setFrozen] = useState<readonly EventJson[]>()
  const shown = frozen ?? events
  return (
    <>
      <div class="actions">
        <h2>Events</h2>
        <button type="button" onClick={() => setFrozen(frozen ? undefined : events)}>
          {frozen === undefined ? 'Stop' : 'Go on'}
        </button>
      </div>
      <TableFrame label="Events" class="feed">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Event</th>
              <th scope="col">Player</th>
              <th scope="col">Achievement</th>
              <th scope="col" class="number">
                Percent
              </th>
              <th scope="col">By</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ eventId, time, kind, playerId = '', achievementId = '', percent = 0, actor }) => (
              <tr key={eventId}>
                <td class="nowrap muted" title={time}>
                  {CLOCK.format(new Date(time ?? 0))}
                </td>
                <td>
                  <Chip kind={eventKindOf(kind).chip}>{eventKindOf(kind).label}</Chip>
                </td>
                <td>
                  {playerId !== '' && (
                    <a href={pathTo('titles', titleId, 'players', playerId)} dir="auto">
                      {playerId}
                    </a>
                  )}
                </td>
                <th scope="row">
                  <span class="clamped" dir="auto">
                    {achievementId !== '' && nameById(achievementId)}
                  </span>
                </th>
                <td class="number">{playerId !== '' && achievementId !== '' && formatPercent(percent)}</td>
                <td dir="auto">{actor}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
    </>
  )
}

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
