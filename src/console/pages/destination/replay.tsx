import { useRef, useState } from 'preact/hooks'
import type {
  DeliveryJson,
  DeliveryStateJson,
} from '../../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import { api } from '../../api.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Field } from '../../parts/field.tsx'
import { formatNumber, plural } from '../../parts/format.ts'
import { Progress } from '../../parts/progress.tsx'
import { toast } from '../../parts/toast.tsx'
import { DELIVERY_STATES, isReplayable } from '../../records/delivery.ts'

interface ReplaySelectedProps {
  readonly deliveries: readonly DeliveryJson[]
  readonly onDone: () => void
}

/** Sends the selected deliveries again, one after another. */
export function ReplaySelected({ deliveries, onDone }: ReplaySelectedProps) {
  const [done, setDone] = useState<number>()
  const [error, setError] = useState<unknown>()
  const isCancelled = useRef(false)
  const replay = async () => {
    setError(undefined)
    isCancelled.current = false
    let count = 0
    try {
      for (const { titleId = '', destinationId = '', event } of deliveries) {
        if (isCancelled.current) break
        setDone(count)
        await api.destinations.replayDelivery({ titleId, destinationId, eventId: event?.eventId ?? '' })
        count += 1
      }
      onDone()
      toast(`${plural(count, 'delivery', 'deliveries')} sent again.`)
    } catch (thrown) {
      setError(thrown)
    } finally {
      setDone(undefined)
    }
  }
  if (done !== undefined) {
    const total = deliveries.length
    return (
      <Progress
        label={`${formatNumber(done)} of ${formatNumber(total)}`}
        value={done / total}
        onCancel={() => {
          isCancelled.current = true
        }}
      />
    )
  }
  return (
    <>
      <button type="button" class="primary" onClick={() => void replay()}>
        Replay {formatNumber(deliveries.length)} selected
      </button>
      {error !== undefined && <Failure error={error} />}
    </>
  )
}

interface ReplayDialogProps {
  readonly destination: DestinationJson
  /** The filters of the list, to begin with. */
  readonly state: string
  readonly playerId: string
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Sends all deliveries that match a filter again. */
export function ReplayDialog({ destination, state, playerId: listed, onClose, onDone }: ReplayDialogProps) {
  const { titleId = '', destinationId = '' } = destination
  const replayable = Object.entries(DELIVERY_STATES).filter(([name]) =>
    isReplayable({ state: name as DeliveryStateJson }),
  )
  const initial = replayable.map(([name]) => name).find((name) => name === `DELIVERY_STATE_${state}`)
  const [chosen, setChosen] = useState(initial ?? 'DELIVERY_STATE_DEAD')
  const [playerId, setPlayerId] = useState(listed)
  const [start, setStart] = useState('')
  const [end, setEnd] = useState('')
  const replay = async () => {
    const { replayedCount = '0' } = await api.destinations.replayDeliveries({
      titleId,
      destinationId,
      playerId: playerId.trim(),
      states: [chosen as DeliveryStateJson],
      ...(start !== '' && { startTime: new Date(start).toISOString() }),
      ...(end !== '' && { endTime: new Date(end).toISOString() }),
    })
    toast(`${plural(Number(replayedCount), 'delivery', 'deliveries')} sent again.`)
    onDone()
  }
  return (
    <Confirm title="Replay deliveries" action="Replay" onClose={onClose} onConfirm={replay}>
      <p>All deliveries that match are sent again, as if there had been no attempt.</p>
      <Field label="In the state">
        {(attributes) => (
          <select
            {...attributes}
            value={chosen}
            onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          >
            {replayable.map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Of the player" help="Empty: of all players.">
        {(attributes) => (
          <input
            {...attributes}
            dir="auto"
            maxLength={128}
            value={playerId}
            onInput={({ currentTarget }) => setPlayerId(currentTarget.value)}
          />
        )}
      </Field>
      <div class="columns">
        <TimeField label="From" value={start} onChange={setStart} />
        <TimeField label="Until" value={end} onChange={setEnd} />
      </div>
    </Confirm>
  )
}

interface TimeFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

function TimeField({ label, value, onChange }: TimeFieldProps) {
  return (
    <Field label={label}>
      {(attributes) => (
        <input
          {...attributes}
          type="datetime-local"
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Field>
  )
}
