import { LaurelError } from '../../../model/errors.ts'
import type { Queries } from '../../../store/queries.ts'
import { Answers } from '../../idempotency-store.ts'
import type { Services } from '../../services.ts'
import { Definitions } from './apply-report.ts'
import { attempt, judge } from './apply-reports.ts'
import type { Entry, EntryAnswer } from './report-entry.ts'
import { Ledgers } from './unit-of-work.ts'
import { recordTogether } from './write-batch.ts'

/** Records entries with everything locked that they are judged by: the way that always works. */
export function recordUnderLock(
  services: Services,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<readonly EntryAnswer[]> {
  return recordTogether(services, entries, signal, (queries, all) => recordAll(services, queries, all))
}

async function recordAll(
  services: Services,
  queries: Queries,
  entries: readonly Entry[],
): Promise<readonly EntryAnswer[]> {
  const now = services.now()
  const items = entries.map(({ item }) => item)
  const definitions = await Definitions.hold(queries, items)
  const ready = items.filter((item) => !(attempt(() => definitions.of(item)) instanceof LaurelError))
  const ledgers = await Ledgers.open(queries, now, ready)
  const answers = await Answers.load(queries, ready)
  const definitionOf = ({ item }: Entry) => definitions.of(item)
  const ledgerOf = ({ item }: Entry) => ledgers.of(item)
  const results = judge(services, { now, answers, ledgerOf, definitionOf }, entries)
  await ledgers.flush(queries)
  await answers.flush(queries, now)
  return results
}
