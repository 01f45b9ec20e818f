import { LaurelError } from '../../../model/errors.ts'
import type { TransactionSteps } from '../../../store/guard.ts'
import type { Queries } from '../../../store/queries.ts'
import type { Store } from '../../../store/store.ts'
import { asOutcome } from './apply-reports.ts'

/** The outcomes of items: results, or the errors that kept items from being recorded. */
export type Outcomes<Result> = readonly (Result | LaurelError)[]

/**
 * Records items in one transaction and returns an outcome for each: a result, or the error that kept it from being recorded.
 * If none was recorded, the transaction is rolled back. If a statement fails, the items are split until the
 * item at fault is alone.
 * @throws LaurelError UNAVAILABLE or RESOURCE_EXHAUSTED if the database is unavailable or busy and no item was recorded.
 */
export async function writeBatch<Item, Opened, Result extends object>(
  store: Store,
  items: readonly Item[],
  signal: AbortSignal,
  record: (items: readonly Item[]) => TransactionSteps<Queries, Opened, Outcomes<Result>>,
): Promise<Outcomes<Result>> {
  const { open, apply } = record(items)
  const steps: TransactionSteps<Queries, Opened, Outcomes<Result>> = {
    open,
    apply: async (queries, opened) => {
      const applied = await apply(queries, opened)
      const isError = (outcome: Result | LaurelError) => outcome instanceof LaurelError
      if (applied.result.every(isError)) throw new NothingRecorded(applied.result as readonly LaurelError[])
      return applied
    },
  }
  try {
    return await store.writeInSteps(signal, steps)
  } catch (error) {
    if (error instanceof NothingRecorded) return error.outcomes
    if (!(error instanceof LaurelError) || isUnavailable(error)) throw error
    if (items.length === 1) return [error]
    // Only a constraint sees it, such as an achievement that was deleted meanwhile.
    const middle = Math.ceil(items.length / 2)
    const [front, back] = [items.slice(0, middle), items.slice(middle)]
    const first = await writeBatch(store, front, signal, record)
    // The front is committed, so a failure of the rest must not hide its outcomes.
    const second = writeBatch(store, back, signal, record).catch((failure) => {
      const outcome = asOutcome(failure)
      return back.map(() => outcome)
    })
    return [...first, ...(await second)]
  }
}

export function isUnavailable({ code }: LaurelError): boolean {
  return code === 'unavailable' || code === 'resource_exhausted'
}

/** Rolls the transaction back, so that a rejected first report leaves no player behind. */
class NothingRecorded extends Error {
  readonly outcomes: readonly LaurelError[]

  constructor(outcomes: readonly LaurelError[]) {
    super('no item was recorded')
    this.outcomes = outcomes
  }
}
