import type { DestinationJson } from '../../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type { GetDestinationHealthResponseJson } from '../../../clients/typescript/gen/laurel/v1/destination_service_pb.js'
import { Chip } from '../../parts/chip.tsx'
import { formatAge, formatNumber } from '../../parts/format.ts'
import { countOf, destinationStateOf, platformName } from '../../records/destination.ts'
import { eventKindOf } from '../../records/event.ts'

interface HealthPanelProps {
  readonly health: GetDestinationHealthResponseJson
  readonly destination: DestinationJson
}

/** Whether deliveries go out, how many wait and failed, and the settings. */
export function HealthPanel({ health, destination }: HealthPanelProps) {
  const { deliveredLastHour = 0, oldestPendingTime, lastError, lastErrorTime } = health
  const { label, kind, meaning } = destinationStateOf(health)
  const waiting = countOf(health, 'DELIVERY_STATE_PENDING')
  return (
    <section class="panel">
      <div class="figures">
        <Figure label="State" note={meaning}>
          <Chip kind={kind}>{label}</Chip>
        </Figure>
        <Figure label="Delivered in the last hour">{formatNumber(deliveredLastHour)}</Figure>
        <Figure label="Waiting" note={oldestPendingTime && `the oldest came ${formatAge(oldestPendingTime)}`}>
          {formatNumber(waiting)}
        </Figure>
        <Figure label="Wait for an account">
          {formatNumber(countOf(health, 'DELIVERY_STATE_WAITING_FOR_ACCOUNT'))}
        </Figure>
        <Figure label="Failed" note={lastError && `${lastError}, ${formatAge(lastErrorTime)}`}>
          {formatNumber(countOf(health, 'DELIVERY_STATE_DEAD'))}
        </Figure>
      </div>
      <Settings destination={destination} />
    </section>
  )
}

interface FigureProps {
  readonly label: string
  readonly note?: string | undefined
  readonly children: preact.ComponentChildren
}

function Figure({ label, note, children }: FigureProps) {
  return (
    <div class="figure">
      <p class="label">{label}</p>
      <p class="figure-value">{children}</p>
      {note && (
        <p class="help" dir="auto">
          {note}
        </p>
      )}
    </div>
  )
}

function Settings({
  destination: { dialect, url, credential, filter, limits = {} },
}: {
  destination: DestinationJson
}) {
  const { kinds = [], achievementIds = [], playerIds = [] } = filter ?? {}
  return (
    <dl class="facts panel-body settings">
      <dt>Platform</dt>
      <dd>{platformName(dialect)}</dd>
      <dt>URL</dt>
      <dd>
        <code>{url}</code>
      </dd>
      <dt>Credential</dt>
      <dd>{credential ? <code>{credential}</code> : 'none'}</dd>
      <dt>Events</dt>
      <dd dir="auto">
        {kinds.length === 0 ? 'the usual ones' : kinds.map((kind) => eventKindOf(kind).label).join(', ')}
        {achievementIds.length > 0 && ` of ${achievementIds.join(', ')}`}
        {playerIds.length > 0 && ` of the players ${playerIds.join(', ')}`}
      </dd>
      <dt>Limits</dt>
      <dd>
        {limits.requestsPerSecond} requests a second, {limits.maxInFlight} at a time, {limits.maxAttempts}{' '}
        attempts of {limits.timeout}
      </dd>
    </dl>
  )
}
