import { LaurelError } from '../../model/errors.ts'
import type { Queries } from '../../store/queries.ts'
import { Answers } from '../answers.ts'
import { Ledger } from '../ledger.ts'
import { Definitions } from '../reports.ts'
import type { Services } from '../services.ts'
import type { Entry, EntryAnswer } from './entry.ts'
import { attempt, judge } from './judge.ts'
import { recordTogether } from './record-together.ts'

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
  const ledger = await Ledger.open(queries, now, ready)
  const answers = await Answers.load(queries, ready)
  const definitionOf = ({ item }: Entry) => definitions.of(item)
  const results = judge(services, { now, ledger, answers, definitionOf }, entries)
  await ledger.flush(queries)
  await answers.flush(queries, now)
  return results
}
