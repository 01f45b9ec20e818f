import { api } from '../../api.ts'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { useNextPages } from '../../parts/use-next-pages.ts'
import { can } from '../../permissions.ts'
import { AuditTable } from '../audit/audit-table.tsx'

interface ChangeTabProps {
  readonly titleId: string
  readonly playerId: string
}

/** The audit entries of a player: of all titles and of the player's accounts, as far as the caller may read them. */
export function ChangeTab({ titleId, playerId }: ChangeTabProps) {
  const seesAll = can('read', 'AUDIT')
  const { items, error, isLoading, hasMore, loadMore } = useNextPages(
    async (pageToken, signal) => {
      const filter = seesAll ? { playerId } : { playerId, titleId }
      const page = await api.audit.listAuditEntries({ ...filter, pageToken }, signal)
      return { items: page.auditEntries ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId, playerId, seesAll],
  )
  if (items.length === 0 && !isLoading && error === undefined && !hasMore) {
    return (
      <Empty title="No changes by people">
        <p class="muted">Reports of games are in the history.</p>
      </Empty>
    )
  }
  return (
    <>
      {items.length > 0 && <AuditTable entries={items} />}
      {error !== undefined && <Failure error={error} onRetry={loadMore} />}
      {hasMore && (
        <button type="button" class="more" disabled={isLoading} onClick={loadMore}>
          Older changes
        </button>
      )}
    </>
  )
}
