import type { AuditResourceTypeJson } from '../../../clients/typescript/gen/laurel/v1/audit_pb.js'
import type { ListAuditEntriesRequestJson } from '../../../clients/typescript/gen/laurel/v1/audit_service_pb.js'
import { RESOURCE_TYPES } from '../../records/audit.ts'
import { setQuery } from '../../router.ts'

/** The filters that the URL has, as a request. Times are those of the reader's clock. */
export function requestOf(query: URLSearchParams, titleId: string | undefined): ListAuditEntriesRequestJson {
  const text = (name: string) => query.get(name)?.trim() ?? ''
  const time = (name: string) => {
    const value = new Date(text(name))
    return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  }
  const [startTime, endTime] = [time('from'), time('until')]
  const type = text('type')
  return {
    titleId: titleId ?? text('title'),
    ...(type in RESOURCE_TYPES && { resourceType: type as AuditResourceTypeJson }),
    resourceId: text('resource'),
    playerId: text('player'),
    actor: text('actor'),
    operation: text('operation'),
    ...(startTime !== undefined && { startTime }),
    ...(endTime !== undefined && { endTime }),
  }
}

interface FilterBarProps {
  readonly query: URLSearchParams
  /** Whether entries of all titles are shown. */
  readonly hasTitles: boolean
}

/** Each filter is compared with the whole text. */
export function FilterBar({ query, hasTitles }: FilterBarProps) {
  const text = (name: string, label: string) => (
    <label class="audit-filter">
      <span class="label">{label}</span>
      <input
        type="search"
        dir="auto"
        value={query.get(name) ?? ''}
        onInput={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}
      />
    </label>
  )
  const time = (name: string, label: string) => (
    <label class="audit-filter">
      <span class="label">{label}</span>
      <input
        type="datetime-local"
        value={query.get(name) ?? ''}
        onInput={({ currentTarget }) => setQuery({ [name]: currentTarget.value })}
      />
    </label>
  )
  return (
    <search class="audit-filters">
      {hasTitles && text('title', 'Title')}
      <label class="audit-filter">
        <span class="label">Type</span>
        <select
          value={query.get('type') ?? ''}
          onChange={({ currentTarget }) => setQuery({ type: currentTarget.value })}
        >
          <option value="">Every type</option>
          {Object.entries(RESOURCE_TYPES).map(([type, label]) => (
            <option key={type} value={type}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {text('resource', 'Resource')}
      {text('player', 'Player')}
      {text('actor', 'By')}
      {text('operation', 'Operation')}
      {time('from', 'From')}
      {time('until', 'Until')}
    </search>
  )
}
