import { LaurelError } from '../../model/errors.ts'
import type { Queries } from '../../store/queries.ts'
import { Answers } from '../answers.ts'
import { Ledger } from '../ledger.ts'
import { Definitions } from '../reports.ts'
import type { Services } from '../services.ts'
import type { Entry, EntryAnswer } from './entry.ts'
import { attempt, judge } from './judge.ts'

/**
 * Records entries in one transaction, with everything locked that they are judged by: the way that always works.
 * One that fails leaves no trace and hinders no other. A statement that fails is split until the culprit is found.
 */
export async function recordUnderLock(
  services: Services,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<readonly EntryAnswer[]> {
  try {
    return await services.store.write(signal, (queries) => recordAll(services, queries, entries))
  } catch (error) {
    if (error instanceof NothingRecorded) return error.answers
    // A database that is away or busy is nobody's entry's fault.
    if (!(error instanceof LaurelError) || ['unavailable', 'resource_exhausted'].includes(error.code))
      throw error
    if (entries.length === 1) return [error]
    // Something that only the database sees, such as an achievement that is deleted meanwhile: find whose it is.
    const middle = Math.ceil(entries.length / 2)
    const first = await recordUnderLock(services, entries.slice(0, middle), signal)
    return [...first, ...(await recordUnderLock(services, entries.slice(middle), signal))]
  }
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
  if (results.every((result) => result instanceof LaurelError)) throw new NothingRecorded(results)
  await ledger.flush(queries)
  await answers.flush(queries, now)
  return results
}

/** Rolls the transaction back, so that a refused first report leaves no player behind. */
class NothingRecorded extends Error {
  readonly answers: readonly EntryAnswer[]

  constructor(answers: readonly EntryAnswer[]) {
    super('nothing was recorded')
    this.answers = answers
  }
}
