import type { AuditEntry } from '../../src/model/audit.ts'
import { type ListAuditEntries, listAuditEntries } from '../../src/service/audit/list-audit-entries.ts'
import type { Page } from '../../src/service/paging.ts'
import type { Services } from '../../src/service/services.ts'
import { callOf } from './services.ts'

const ALL: ListAuditEntries = {
  titleId: undefined,
  resourceType: undefined,
  resourceId: undefined,
  playerId: undefined,
  actor: undefined,
  operation: undefined,
  startTime: undefined,
  endTime: undefined,
  order: 'newest_first',
  pageSize: undefined,
  pageToken: undefined,
}

/** Returns a page of the audit entries, newest first. */
export function auditPage(
  services: Services,
  filter: Partial<ListAuditEntries> = {},
): Promise<Page<AuditEntry>> {
  return listAuditEntries(services, { ...ALL, ...filter }, callOf())
}

/** Returns up to a thousand audit entries, newest first. */
export async function entriesOf(
  services: Services,
  filter: Partial<ListAuditEntries> = {},
): Promise<readonly AuditEntry[]> {
  return (await auditPage(services, { pageSize: 1000, ...filter })).items
}
