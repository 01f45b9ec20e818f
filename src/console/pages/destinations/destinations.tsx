import { useState } from 'preact/hooks'
import type { GetDestinationHealthResponseJson } from '../../../clients/typescript/gen/laurel/v1/destination_service_pb.js'
import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { formatAge, formatNumber, nameOr, plural } from '../../parts/format.ts'
import { Page } from '../../parts/page.tsx'
import { TableFrame } from '../../parts/table-frame.tsx'
import { useRefresh } from '../../parts/use-interval.ts'
import { useQuery } from '../../parts/use-query.ts'
import { can } from '../../permissions.ts'
import { countOf, destinationStateOf, platformName } from '../../records/destination.ts'
import { pathTo } from '../../router.ts'
import { CreateDestination } from './destination-form.tsx'

/** The destinations of a title with their health. */
export function Destinations({ parameters: { title: titleId = '' } }: PageProps) {
  const [isCreating, setCreating] = useState(false)
  const { data, error, reload } = useQuery((signal) => loadHealths(titleId, signal), [titleId])
  useRefresh({ error, reload })
  const canCreate = can('create', 'DESTINATION', titleId)
  const create = (
    <button type="button" class="primary" onClick={() => setCreating(true)}>
      New destination
    </button>
  )
  return (
    <Page
      title="Destinations"
      about={
        data === undefined || data.length === 0
          ? 'Platforms and webhooks that receive the events of the title'
          : plural(data.length, 'destination')
      }
      actions={canCreate && data !== undefined && data.length > 0 && create}
    >
      {error !== undefined && <Failure error={error} onRetry={reload} />}
      {data?.length === 0 && (
        <Empty title="The title has no destinations">
          <p class="muted">
            A destination receives unlocks and progress as they happen: a platform that the title is bound to,
            or your own webhook.
          </p>
          {canCreate && create}
        </Empty>
      )}
      {data !== undefined && data.length > 0 && <HealthTable healths={data} titleId={titleId} />}
      {isCreating && <CreateDestination titleId={titleId} onClose={() => setCreating(false)} />}
    </Page>
  )
}

type Health = GetDestinationHealthResponseJson

async function loadHealths(titleId: string, signal: AbortSignal): Promise<readonly Health[]> {
  const { destinations = [] } = await api.destinations.listDestinations({ titleId, pageSize: 1000 }, signal)
  return Promise.all(
    destinations.map(({ destinationId = '' }) =>
      api.destinations.getDestinationHealth({ titleId, destinationId }, signal),
    ),
  )
}

function HealthTable({ healths, titleId }: { healths: readonly Health[]; titleId: string }) {
  return (
    <TableFrame label="Destinations">
      <table class="destinations">
        <thead>
          <tr>
            <th scope="col">Destination</th>
            <th scope="col">Platform</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Last hour
            </th>
            <th scope="col" class="number">
              Waiting
            </th>
            <th scope="col">Oldest</th>
            <th scope="col" class="number">
              No account
            </th>
            <th scope="col" class="number">
              Failed
            </th>
            <th scope="col">Last error</th>
          </tr>
        </thead>
        <tbody>
          {healths.map((health) => (
            <HealthRow key={health.destination?.destinationId} health={health} titleId={titleId} />
          ))}
        </tbody>
      </table>
    </TableFrame>
  )
}

function HealthRow({ health, titleId }: { health: Health; titleId: string }) {
  const { destination = {}, deliveredLastHour = 0, oldestPendingTime, lastError, lastErrorTime } = health
  const { destinationId = '', displayName, dialect } = destination
  const { label, kind, meaning } = destinationStateOf(health)
  const failed = countOf(health, 'DELIVERY_STATE_DEAD')
  const path = pathTo('titles', titleId, 'destinations', destinationId)
  return (
    <tr>
      <th scope="row">
        <a class="clamped" href={path} dir="auto">
          {nameOr(displayName, destinationId)}
        </a>
      </th>
      <td>{platformName(dialect)}</td>
      <td>
        <Chip kind={kind} title={meaning}>
          {label}
        </Chip>
      </td>
      <td class="number">{formatNumber(deliveredLastHour)}</td>
      <td class="number">{formatNumber(countOf(health, 'DELIVERY_STATE_PENDING'))}</td>
      <td class="nowrap muted">{formatAge(oldestPendingTime)}</td>
      <td class="number">{formatNumber(countOf(health, 'DELIVERY_STATE_WAITING_FOR_ACCOUNT'))}</td>
      <td class="number">{failed === 0 ? 0 : <a href={`${path}?state=DEAD`}>{formatNumber(failed)}</a>}</td>
      <td class="last-error">
        {lastError && (
          <span title={lastError} dir="auto">
            {lastError}
          </span>
        )}{' '}
        <span class="muted">{formatAge(lastErrorTime)}</span>
      </td>
    </tr>
  )
}
