import type { DeliveryJson } from '../../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import { Chip } from '../../parts/chip.tsx'
import { formatNumber, formatTime } from '../../parts/format.ts'
import { TableFrame } from '../../parts/table-frame.tsx'
import { deliveryStateOf } from '../../records/delivery.ts'
import { eventKindOf } from '../../records/event.ts'
import { pathTo } from '../../router.ts'

interface DeliveryTableProps {
  readonly destination: DestinationJson
  readonly deliveries: readonly DeliveryJson[]
  /** Ids of events. */
  readonly selected: ReadonlySet<string>
  readonly isSelectable: (delivery: DeliveryJson) => boolean
  readonly onSelect: (selected: ReadonlySet<string>) => void
  readonly onShow: (eventId: string) => void
}

export function DeliveryTable(props: DeliveryTableProps) {
  const { deliveries, selected, isSelectable, onSelect } = props
  const selectable = deliveries.filter(isSelectable).map(idOf)
  const toggle = (eventId: string, isSelected: boolean) => {
    const after = new Set(selected)
    if (isSelected) after.add(eventId)
    else after.delete(eventId)
    onSelect(after)
  }
  return (
    <TableFrame label="Deliveries" class="deliveries">
      <table>
        <thead>
          <tr>
            <th scope="col">
              {selectable.length === 0 ? (
                <span class="visually-hidden">Selected</span>
              ) : (
                <input
                  type="checkbox"
                  aria-label="Select all"
                  checked={selectable.every((eventId) => selected.has(eventId))}
                  onChange={({ currentTarget }) => onSelect(new Set(currentTarget.checked ? selectable : []))}
                />
              )}
            </th>
            <th scope="col">Event</th>
            <th scope="col">Player</th>
            <th scope="col">Achievement</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Attempts
            </th>
            <th scope="col">Last attempt</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <DeliveryRow key={idOf(delivery)} {...props} delivery={delivery} onToggle={toggle} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

function idOf({ event }: DeliveryJson): string {
  return event?.eventId ?? ''
}

interface DeliveryRowProps extends DeliveryTableProps {
  readonly delivery: DeliveryJson
  readonly onToggle: (eventId: string, isSelected: boolean) => void
}

function DeliveryRow({ delivery, destination, selected, isSelectable, onToggle, onShow }: DeliveryRowProps) {
  const { event = {}, attempts = 0, attemptTime, error } = delivery
  const { eventId = '', playerId = '', achievementId, time } = event
  const { label, kind } = deliveryStateOf(delivery, destination)
  return (
    <tr>
      <td>
        {isSelectable(delivery) && (
          <input
            type="checkbox"
            aria-label={`Select the event ${eventId}`}
            checked={selected.has(eventId)}
            onChange={({ currentTarget }) => onToggle(eventId, currentTarget.checked)}
          />
        )}
      </td>
      <th scope="row" class="nowrap" title={time}>
        {eventKindOf(event.kind).label} <span class="muted">{formatTime(time)}</span>
      </th>
      <td>
        {playerId !== '' && (
          <a href={pathTo('titles', destination.titleId ?? '', 'players', playerId)} dir="auto">
            {playerId}
          </a>
        )}
      </td>
      <td dir="auto">{achievementId}</td>
      <td>
        <Chip kind={kind} onClick={() => onShow(eventId)}>
          {label}
        </Chip>
      </td>
      <td class="number">{formatNumber(attempts)}</td>
      <td class="nowrap muted">{formatTime(attemptTime)}</td>
      <td class="last-error" title={error} dir="auto">
        {error}
      </td>
    </tr>
  )
}
