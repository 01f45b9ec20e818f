import { useState } from 'preact/hooks'
import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Page } from '../../parts/page.tsx'
import { toast } from '../../parts/toast.tsx'
import { useInterval } from '../../parts/use-interval.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { destinationStateOf } from '../../records/destination.ts'
import { navigate, pathTo } from '../../router.ts'
import { EditDestination } from '../destinations/destination-form.tsx'
import { DeliveryList } from './delivery-list.tsx'
import { HealthPanel } from './health-panel.tsx'
import { TestDialog } from './test-dialog.tsx'

const REFRESH_MILLISECONDS = 5_000

/** One destination: its health, its settings and its deliveries. */
export function Destination({ parameters }: PageProps) {
  const { title: titleId = '', destination: destinationId = '' } = parameters
  const { data, error, reload } = useQuery(
    (signal) => api.destinations.getDestinationHealth({ titleId, destinationId }, signal),
    [titleId, destinationId],
  )
  // A failure stays to be read, until it is repeated.
  useInterval(() => error === undefined && reload(), REFRESH_MILLISECONDS)
  const destination = data?.destination
  return (
    <Page
      title={destination?.displayName || destinationId}
      above={<a href={pathTo('titles', titleId, 'destinations')}>Destinations</a>}
      about={destination?.displayName && <code dir="auto">{destinationId}</code>}
      actions={destination !== undefined && <Actions destination={destination} onChange={reload} />}
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {data !== undefined && destination !== undefined && (
        <>
          <HealthPanel health={data} destination={destination} />
          <DeliveryList destination={destination} onReplayed={reload} />
        </>
      )}
    </Page>
  )
}

interface ActionsProps {
  readonly destination: DestinationJson
  readonly onChange: () => void
}

function Actions({ destination, onChange }: ActionsProps) {
  const [open, setOpen] = useState<'edit' | 'test' | 'delete'>()
  const [error, setError] = useState<unknown>()
  const { titleId = '', destinationId = '', etag = '', paused } = destination
  const close = () => setOpen(undefined)
  const isActive = destinationStateOf(destination).kind === 'good'
  const change = async (run: () => Promise<unknown>, done: string) => {
    setError(undefined)
    try {
      await run()
      toast(done)
      onChange()
    } catch (thrown) {
      setError(thrown)
    }
  }
  const key = { titleId, destinationId }
  const remove = async () => {
    await api.destinations.deleteDestination({ ...key, etag })
    navigate(pathTo('titles', titleId, 'destinations'))
  }
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      {can('update', 'DESTINATION', titleId) && (
        <>
          {!paused && (
            <button
              type="button"
              onClick={() =>
                void change(() => api.destinations.pauseDestination(key), 'Deliveries are paused.')
              }
            >
              Pause
            </button>
          )}
          {!isActive && (
            <button
              type="button"
              class="primary"
              onClick={() => void change(() => api.destinations.resumeDestination(key), 'Deliveries go on.')}
            >
              Resume
            </button>
          )}
          <button type="button" onClick={() => setOpen('test')}>
            Test
          </button>
          <button type="button" onClick={() => setOpen('edit')}>
            Edit
          </button>
        </>
      )}
      {can('delete', 'DESTINATION', titleId) && (
        <button type="button" onClick={() => setOpen('delete')}>
          Delete
        </button>
      )}
      {open === 'edit' && <EditDestination destination={destination} onSaved={onChange} onClose={close} />}
      {open === 'test' && <TestDialog destination={destination} onClose={close} />}
      {open === 'delete' && (
        <Confirm
          title="Delete the destination"
          action="Delete"
          typed={destinationId}
          onClose={close}
          onConfirm={remove}
        >
          <p>All its deliveries are deleted with it, those that wait included.</p>
        </Confirm>
      )}
    </>
  )
}
