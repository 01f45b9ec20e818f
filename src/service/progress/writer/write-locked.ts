import { LaurelError } from '../../../model/errors.ts'
import type { Queries } from '../../../store/queries.ts'
import { IdempotencyStore } from '../../idempotency-store.ts'
import type { Services } from '../../services.ts'
import { Definitions } from './apply-report.ts'
import { applyReports, attempt } from './apply-reports.ts'
import type { Entry, RecordOutcome } from './report-entry.ts'
import { UnitOfWork } from './unit-of-work.ts'
import { writeBatch } from './write-batch.ts'

/** Records entries with everything locked that they are judged by: the way that always works. */
export function writeLocked(
  services: Services,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<readonly RecordOutcome[]> {
  return writeBatch(services, entries, signal, (queries, all) => recordAll(services, queries, all))
}

async function recordAll(
  services: Services,
  queries: Queries,
  entries: readonly Entry[],
): Promise<readonly RecordOutcome[]> {
  const now = services.now()
  const items = entries.map(({ item }) => item)
  const definitions = await Definitions.hold(queries, items)
  const ready = items.filter((item) => !(attempt(() => definitions.of(item)) instanceof LaurelError))
  const unitOfWork = await UnitOfWork.open(queries, now, ready)
  const idempotency = await IdempotencyStore.load(queries, ready)
  const definitionOf = ({ item }: Entry) => definitions.of(item)
  const changesOf = ({ item }: Entry) => unitOfWork.of(item)
  const results = applyReports(services, { now, idempotency, changesOf, definitionOf }, entries)
  await unitOfWork.flush(queries)
  await idempotency.flush(queries, now)
  return results
}
