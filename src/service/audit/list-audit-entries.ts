import type { AuditEntry } from '../../model/audit.ts'
import type { AuditFilter } from '../../store/audit/audit-entries.ts'
import type { IdRange } from '../../store/scanned-list.ts'
import type { Call } from '../call.ts'
import { rangeOf } from '../events/list-events.ts'
import { type Page, readPage } from '../paging.ts'
import type { Services } from '../services.ts'

export interface ListAuditEntries extends AuditFilter, Pick<IdRange, 'order'> {
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/**
 * Returns a page of administrative changes up to the safe position of events, whose sequence and lock they share: an entry that
 * commits later has a higher id, so no page misses it.
 */
export async function listAuditEntries(
  services: Services,
  { order, pageSize, pageToken, ...filter }: ListAuditEntries,
  call: Call,
): Promise<Page<AuditEntry>> {
  const { titleId, resourceType, resourceId, playerId, actor, operation, startTime, endTime } = filter
  const list = ['audit', titleId, resourceType, resourceId, playerId, actor, operation]
  const safe = await services.safePosition.current(call.signal)
  return services.store.read(call.signal, (queries) =>
    readPage(
      { pageSize, pageToken, defaultSize: 100 },
      [...list, `${startTime}`, `${endTime}`, order],
      (last, limit) => queries.auditEntries.list(filter, rangeOf(order, last?.key, safe), limit),
      ({ id }) => ({ key: id, id: '' }),
    ),
  )
}
