import { useEffect, useRef, useState } from 'preact/hooks'
import type {
  DeliveryJson,
  DeliveryStateJson,
} from '../../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type { GetDestinationHealthResponseJson } from '../../../clients/typescript/gen/laurel/v1/destination_service_pb.js'
import { api } from '../../api.ts'
import { DeliveryDialog } from '../../parts/delivery-dialog.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { useDebounced } from '../../parts/use-debounced.ts'
import { useNextPages } from '../../parts/use-next-pages.ts'
import { can } from '../../permissions.ts'
import { DELIVERY_STATES, isReplayable } from '../../records/delivery.ts'
import { here, setQuery } from '../../router.ts'
import { DeliveryTable } from './delivery-table.tsx'
import { ReplayDialog, ReplaySelected } from './replay.tsx'

const PAGE_SIZE = 100

interface DeliveryListProps {
  readonly destination: DestinationJson
  /** The list is loaded again when it changes. */
  readonly health: GetDestinationHealthResponseJson
  /** Called when deliveries are sent again. */
  readonly onReplayed: () => void
}

/** The deliveries of a destination, the newest first, with filters in the URL. */
export function DeliveryList({ destination, health, onReplayed }: DeliveryListProps) {
  const { titleId = '', destinationId = '' } = destination
  const { query } = here.value
  const state = query.get('state') ?? ''
  const playerId = useDebounced((query.get('player') ?? '').trim())
  const [version, setVersion] = useState(0)
  const [shown, setShown] = useState<string>()
  const [isReplaying, setReplaying] = useState(false)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const { items, error, isLoading, hasMore, loadMore } = useNextPages<DeliveryJson>(
    async (pageToken, signal) => {
      const states = state === '' ? [] : [`DELIVERY_STATE_${state}` as DeliveryStateJson]
      const request = { titleId, destinationId, states, playerId, pageSize: PAGE_SIZE, pageToken }
      const page = await api.destinations.listDeliveries(request, signal)
      return { items: page.deliveries ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId, destinationId, state, playerId, version],
  )
  useEffect(() => setSelected(new Set()), [state, playerId])
  const canReplay = can('update', 'DESTINATION', titleId)
  const isSelectable = (delivery: DeliveryJson) => canReplay && isReplayable(delivery)
  const chosen = items.filter(
    (delivery) => isSelectable(delivery) && selected.has(delivery.event?.eventId ?? ''),
  )
  const counts = JSON.stringify([health.counts, health.lastErrorTime])
  const isFirst = useRef(true)
  useEffect(() => {
    // The list stays while deliveries are selected or older ones are shown.
    const isInUse = isFirst.current || chosen.length > 0 || items.length > PAGE_SIZE
    isFirst.current = false
    if (!isInUse) setVersion((before) => before + 1)
  }, [counts])
  const reload = () => {
    setVersion((before) => before + 1)
    onReplayed()
  }
  const isFiltered = state !== '' || playerId !== ''
  return (
    <>
      <div class="actions">
        <select
          aria-label="State"
          value={state}
          onChange={({ currentTarget }) => setQuery({ state: currentTarget.value })}
        >
          <option value="">Every state</option>
          {Object.entries(DELIVERY_STATES).map(([name, { label }]) => (
            <option key={name} value={name.replace('DELIVERY_STATE_', '')}>
              {label}
            </option>
          ))}
        </select>
        <input
          type="search"
          aria-label="Player"
          placeholder="Player’s id"
          dir="auto"
          value={query.get('player') ?? ''}
          onInput={({ currentTarget }) => setQuery({ player: currentTarget.value })}
        />
        <button type="button" class="quiet" onClick={reload}>
          Refresh
        </button>
        {canReplay && (
          <button type="button" onClick={() => setReplaying(true)}>
            Replay by filter
          </button>
        )}
        {chosen.length > 0 && (
          <ReplaySelected
            deliveries={chosen}
            onDone={() => {
              setSelected(new Set())
              reload()
            }}
          />
        )}
      </div>
      {error !== undefined && <Failure error={error} onRetry={loadMore} />}
      {items.length === 0 && !isLoading && error === undefined && (
        <Empty title={isFiltered ? 'No delivery passes the filters' : 'There are no deliveries yet'}>
          <p class="muted">Each event that the destination selects becomes one.</p>
        </Empty>
      )}
      {items.length > 0 && (
        <DeliveryTable
          destination={destination}
          deliveries={items}
          selected={selected}
          isSelectable={isSelectable}
          onSelect={setSelected}
          onShow={setShown}
        />
      )}
      {hasMore && (
        <button type="button" class="more" disabled={isLoading} onClick={loadMore}>
          Older deliveries
        </button>
      )}
      {shown !== undefined && (
        <DeliveryDialog
          destination={destination}
          eventId={shown}
          onClose={() => {
            setShown(undefined)
            reload()
          }}
        />
      )}
      {isReplaying && (
        <ReplayDialog
          destination={destination}
          state={state}
          playerId={playerId}
          onClose={() => setReplaying(false)}
          onDone={reload}
        />
      )}
    </>
  )
}
