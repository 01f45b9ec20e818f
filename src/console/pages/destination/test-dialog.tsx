import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import { api } from '../../api.ts'
import { Chip } from '../../parts/chip.tsx'
import { Exchange } from '../../parts/delivery-dialog.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Failure } from '../../parts/failure.tsx'
import { useQuery } from '../../parts/use-query.ts'

interface TestDialogProps {
  readonly destination: DestinationJson
  readonly onClose: () => void
}

/** Sends one request that changes nothing at the destination, and shows the exchange. */
export function TestDialog({ destination, onClose }: TestDialogProps) {
  const { titleId = '', destinationId = '' } = destination
  const { data, error, isLoading, reload } = useQuery(
    (signal) => api.destinations.testDestination({ titleId, destinationId }, signal),
    [titleId, destinationId],
  )
  return (
    <Dialog title={`Test of ${destinationId}`} wide onClose={onClose}>
      {isLoading && <p role="status">Calling the destination…</p>}
      {error !== undefined && <Failure error={error} />}
      {data !== undefined && !isLoading && (
        <>
          <p>
            {data.succeeded ? <Chip kind="good">Accepted</Chip> : <Chip kind="bad">Not accepted</Chip>}{' '}
            {data.duration !== undefined && `after ${data.duration}`}
          </p>
          {data.error && (
            <p class="failure" dir="auto">
              {data.error}
            </p>
          )}
          {data.request !== undefined && (
            <Exchange
              title="Request"
              head={`${data.request.method} ${data.request.url}`}
              body={data.request.body}
            />
          )}
          {data.response !== undefined && (
            <Exchange title="Response" head={`HTTP ${data.response.status}`} body={data.response.body} />
          )}
          <div class="actions">
            <button type="button" onClick={reload}>
              Repeat
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}
