import { useEffect } from 'preact/hooks'
import type { DeliveryJson } from '../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../clients/typescript/gen/laurel/v1/destination_pb.js'
import { api } from '../api.ts'
import { can } from '../permissions.ts'
import { deliveryStateOf, isReplayable, RETRYING } from '../records/delivery.ts'
import { eventKindOf } from '../records/event.ts'
import { pathTo } from '../router.ts'
import { Chip } from './chip.tsx'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'
import { formatNumber, formatTime } from './format.ts'
import { TableFrame } from './table-frame.tsx'
import { toast } from './toast.tsx'
import { useAction } from './use-action.ts'
import { useQuery } from './use-query.ts'

/** How often a delivery is read again while it waits for an attempt. */
const POLL_MILLISECONDS = 1_500

interface DeliveryDialogProps {
  readonly destination: DestinationJson
  readonly eventId: string
  /** Called when the dialog is closed. */
  readonly onClose: () => void
}

/** A delivery with its last request and response, which can be sent again. */
export function DeliveryDialog({ destination, eventId, onClose }: DeliveryDialogProps) {
  const { titleId = '', destinationId = '' } = destination
  const { data, error, reload } = useQuery(
    async (signal) =>
      (await api.destinations.getDelivery({ titleId, destinationId, eventId }, signal)).delivery,
    [titleId, destinationId, eventId],
  )
  const isPending = data?.state === 'DELIVERY_STATE_PENDING'
  useEffect(() => {
    if (!isPending) return
    const timer = setInterval(reload, POLL_MILLISECONDS)
    return () => clearInterval(timer)
  }, [isPending])
  return (
    <Dialog title={`Delivery to ${destinationId}`} wide onClose={onClose}>
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {data !== undefined && <Facts delivery={data} destination={destination} />}
      {data !== undefined && can('update', 'DESTINATION', titleId) && (
        <Again delivery={data} destination={destination} onSent={reload} />
      )}
      {data?.request !== undefined && (
        <Exchange
          title="Request"
          head={`${data.request.method} ${data.request.url}`}
          body={data.request.body}
        />
      )}
      {data?.response !== undefined && (
        <Exchange title="Response" head={`HTTP ${data.response.status}`} body={data.response.body} />
      )}
      {data !== undefined && data.request === undefined && <p class="muted">No request was sent yet.</p>}
    </Dialog>
  )
}

function Facts({ delivery, destination }: { delivery: DeliveryJson; destination: DestinationJson }) {
  const { event = {}, attempts = 0, attemptTime, nextAttemptTime, error } = delivery
  const { label, kind, meaning } = deliveryStateOf(delivery, destination)
  return (
    <>
      <p>
        <Chip kind={kind}>{label}</Chip> {meaning}
      </p>
      {error && (
        <p class="failure" dir="auto">
          {error}
        </p>
      )}
      <dl class="facts">
        <dt>Event</dt>
        <dd dir="auto">
          {eventKindOf(event.kind).label}{' '}
          {event.achievementId && (
            <a href={pathTo('titles', delivery.titleId ?? '', 'achievements', event.achievementId)}>
              {event.achievementId}
            </a>
          )}{' '}
          of {event.playerId}, {formatTime(event.time)}
        </dd>
        <dt>Attempts</dt>
        <dd>
          {formatNumber(attempts)}
          {attemptTime !== undefined && `, the last one ${formatTime(attemptTime)}`}
        </dd>
        {nextAttemptTime !== undefined && (
          <>
            <dt>Next attempt</dt>
            <dd>{formatTime(nextAttemptTime)}</dd>
          </>
        )}
      </dl>
    </>
  )
}

interface AgainProps {
  readonly delivery: DeliveryJson
  readonly destination: DestinationJson
  readonly onSent: () => void
}

/** Sends a delivery again: at once if it waits for its next attempt, with all others that wait. */
function Again({ delivery, destination, onSent }: AgainProps) {
  const { error, isRunning, run } = useAction()
  const { titleId = '', destinationId = '', event: { eventId = '' } = {} } = delivery
  const isRetried = deliveryStateOf(delivery, destination) === RETRYING
  if (!isRetried && !isReplayable(delivery)) return null
  const send = () =>
    run(async () => {
      if (isRetried) await api.destinations.resumeDestination({ titleId, destinationId })
      else await api.destinations.replayDelivery({ titleId, destinationId, eventId })
      toast(isRetried ? 'What waits is tried now.' : 'It is sent again.')
      onSent()
    })
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      <div class="actions">
        <button
          type="button"
          class={delivery.state === 'DELIVERY_STATE_DELIVERED' ? '' : 'primary'}
          disabled={isRunning}
          onClick={() => void send()}
        >
          {isRetried ? 'Retry now' : 'Replay'}
        </button>
      </div>
    </>
  )
}

/** One side of an HTTP exchange. */
export function Exchange({ title, head, body }: { title: string; head: string; body: string | undefined }) {
  return (
    <section class="exchange">
      <h3>{title}</h3>
      <pre>
        <code>{head}</code>
      </pre>
      {body && (
        <TableFrame label={`${title} body`} class="exchange-body">
          <pre>
            <code>{indented(body)}</code>
          </pre>
        </TableFrame>
      )}
    </section>
  )
}

/** Returns JSON with a line for each member, and any other text as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
