import type { Call, Services } from '../services.ts'
import type { RecordProgress } from './record-progress.ts'
import type { RecordOutcome } from './writer/report-entry.ts'

/**
 * Records reports in their order, each with its own answer: a result, or the error that kept it from being recorded.
 * One that fails leaves no trace and hinders no other.
 */
export async function batchRecordProgress(
  services: Services,
  { items }: { readonly items: readonly RecordProgress[] },
  call: Call,
): Promise<readonly RecordOutcome[]> {
  const entries = items.map((item) => ({ item, by: call }))
  return services.progressWriter.recordAll(services, entries)
}
