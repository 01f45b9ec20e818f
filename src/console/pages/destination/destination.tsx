import { useState } from 'preact/hooks'
import type { GetDestinationHealthResponseJson } from '../../../clients/typescript/gen/laurel/v1/destination_service_pb.js'
import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Failure } from '../../parts/failure.tsx'
import { nameOr } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { toast } from '../../parts/toast.tsx'
import { useAction } from '../../parts/use-action.ts'
import { useRefresh } from '../../parts/use-interval.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { destinationStateOf } from '../../records/destination.ts'
import { navigate, pathTo } from '../../router.ts'
import { EditDestination } from '../destinations/destination-form.tsx'
import { DeliveryList } from './delivery-list.tsx'
import { HealthPanel } from './health-panel.tsx'
import { TestDialog } from './test-dialog.tsx'

/** One destination: its health, its settings and its deliveries. */
export function Destination({ parameters }: PageProps) {
  const { title: titleId = '', destination: destinationId = '' } = parameters
  const { data, error, reload } = useQuery(
    (signal) => api.destinations.getDestinationHealth({ titleId, destinationId }, signal),
    [titleId, destinationId],
  )
  useRefresh({ error, reload })
  const destination = data?.destination
  return (
    <Page
      title={nameOr(destination?.displayName, destinationId)}
      above={<a href={pathTo('titles', titleId, 'destinations')}>Destinations</a>}
      about={destination?.displayName && <code dir="auto">{destinationId}</code>}
      actions={data?.destination !== undefined && <Actions health={data} onChange={reload} />}
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {data !== undefined && destination !== undefined && (
        <>
          <HealthPanel health={data} destination={destination} />
          <DeliveryList destination={destination} health={data} onReplayed={reload} />
        </>
      )}
    </Page>
  )
}

interface ActionsProps {
  readonly health: GetDestinationHealthResponseJson
  readonly onChange: () => void
}

function Actions({ health, onChange }: ActionsProps) {
  const { destination = {} } = health
  const [open, setOpen] = useState<'edit' | 'test' | 'delete'>()
  const { error, isRunning, run } = useAction()
  const { titleId = '', destinationId = '', etag = '', paused } = destination
  const close = () => setOpen(undefined)
  const isActive = destinationStateOf(health).kind === 'good'
  const change = async (call: () => Promise<unknown>, done: string) => {
    if (!(await run(call))) return
    toast(done)
    onChange()
  }
  const key = { titleId, destinationId }
  const remove = async () => {
    await api.destinations.deleteDestination({ ...key, etag })
    navigate(pathTo('titles', titleId, 'destinations'), { replace: true })
  }
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      {can('update', 'DESTINATION', titleId) && (
        <>
          {!paused && (
            <button
              type="button"
              disabled={isRunning}
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
              disabled={isRunning}
              onClick={() =>
                void change(
                  () => api.destinations.resumeDestination(key),
                  paused ? 'Deliveries go on.' : 'What waits is tried now.',
                )
              }
            >
              {paused ? 'Resume' : 'Retry now'}
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
