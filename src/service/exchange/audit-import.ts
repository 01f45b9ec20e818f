import { NEVER_ABORTED } from '../../model/never-aborted.ts'
import type { Queries } from '../../store/queries.ts'
import { insertEntry } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'
import type { ImportSummary } from './document-parts.ts'

/** Writes an audit entry for each title, in the transaction of the first batch of an import. Returns the ids. */
export async function auditImport(
  services: Services,
  queries: Queries,
  titleIds: readonly string[],
  call: Call,
): Promise<readonly bigint[]> {
  const ids: bigint[] = []
  for (const titleId of titleIds) {
    const change = { resourceType: 'import', titleId, resourceId: '', playerId: '' } as const
    const id = await insertEntry(services, queries, call, undefined, change)
    if (id !== undefined) ids.push(id)
  }
  return ids
}

/** Adds the tally to the entries, also of an import that failed or was cancelled after its first batch. */
export async function completeImport(
  { store, formatRecord, onAuditFailure }: Services,
  ids: readonly bigint[],
  summary: ImportSummary,
): Promise<void> {
  const tally = formatRecord('import', summary)
  // The import is committed, whether or not this succeeds.
  await store
    .single(NEVER_ABORTED, (queries) => queries.auditEntries.updateAfter(ids, tally))
    .catch(onAuditFailure)
}
