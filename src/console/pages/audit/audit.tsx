import { api } from '../../api.ts'
import type { PageProps } from '../../page-props.ts'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Page } from '../../parts/page.tsx'
import { useDebounced } from '../../parts/use-debounced.ts'
import { useNextPages } from '../../parts/use-next-pages.ts'
import { here } from '../../router.ts'
import { AuditTable } from './audit-table.tsx'
import { Download } from './download.tsx'
import { FilterBar, requestOf } from './filters.tsx'

/** The administrative changes of a title, or of all titles and players, the newest first. */
export function Audit({ parameters: { title } }: PageProps) {
  const { query } = here.value
  const filter = useDebounced(query.toString())
  const request = requestOf(new URLSearchParams(filter), title)
  const { items, error, isLoading, hasMore, loadMore } = useNextPages(
    async (pageToken, signal) => {
      const page = await api.audit.listAuditEntries({ ...request, pageToken }, signal)
      return { items: page.auditEntries ?? [], nextPageToken: page.nextPageToken }
    },
    [title, filter],
  )
  const isEmpty = items.length === 0 && !isLoading && error === undefined && !hasMore
  return (
    <Page
      title="Audit"
      about={
        title === undefined
          ? 'Changes by people and services, in all titles'
          : 'Changes by people and services'
      }
      actions={items.length > 0 && <Download request={request} />}
    >
      <FilterBar query={query} hasTitles={title === undefined} />
      {error !== undefined && <Failure error={error} onRetry={loadMore} />}
      {isEmpty && filter === '' && (
        <Empty title="Nothing was changed yet">
          <p class="muted">Each change of a definition, a player or a destination adds an entry.</p>
        </Empty>
      )}
      {isEmpty && filter !== '' && (
        <Empty title="No entry matches">
          <p class="muted">Each filter is compared with the whole text. Leave out one of them.</p>
        </Empty>
      )}
      {items.length > 0 && <AuditTable entries={items} />}
      {hasMore && (
        <button type="button" class="more" disabled={isLoading} onClick={loadMore}>
          Older entries
        </button>
      )}
    </Page>
  )
}
