import { LaurelError } from '../../../model/errors.ts'
import type { Queries } from '../../../store/queries.ts'
import type { Services } from '../../services.ts'
import { asOutcome } from './apply-reports.ts'

/**
 * Records items in one transaction, each with its own answer: a result, or the error that kept it from being recorded
 * and left no trace. Where nothing at all was recorded, nothing is kept. When a statement fails, the items are split
 * until the one whose fault it is stands alone.
 * @throws LaurelError UNAVAILABLE or RESOURCE_EXHAUSTED when the database is away or busy and none was recorded.
 */
export async function writeBatch<Item, Result extends object>(
  services: Services,
  items: readonly Item[],
  signal: AbortSignal,
  record: (queries: Queries, items: readonly Item[]) => Promise<readonly (Result | LaurelError)[]>,
): Promise<readonly (Result | LaurelError)[]> {
  try {
    return await services.store.write(signal, async (queries) => {
      const outcomes = await record(queries, items)
      if (outcomes.every((outcome) => outcome instanceof LaurelError)) throw new NothingRecorded(outcomes)
      return outcomes
    })
  } catch (error) {
    if (error instanceof NothingRecorded) return error.outcomes
    // A database that is away or busy is nobody's item's fault.
    if (!(error instanceof LaurelError) || isAway(error)) throw error
    if (items.length === 1) return [error]
    // Something that only the database sees, such as an achievement that is deleted meanwhile: find whose it is.
    const middle = Math.ceil(items.length / 2)
    const [front, back] = [items.slice(0, middle), items.slice(middle)]
    const first = await writeBatch(services, front, signal, record)
    // What is recorded of the front is so, whatever becomes of the rest.
    const second = writeBatch(services, back, signal, record).catch((lost) => {
      const outcome = asOutcome(lost)
      return back.map(() => outcome)
    })
    return [...first, ...(await second)]
  }
}

export function isAway({ code }: LaurelError): boolean {
  return code === 'unavailable' || code === 'resource_exhausted'
}

/** Rolls the transaction back, so that a refused first report leaves no player behind. */
class NothingRecorded extends Error {
  readonly outcomes: readonly LaurelError[]

  constructor(outcomes: readonly LaurelError[]) {
    super('nothing was recorded')
    this.outcomes = outcomes
  }
}
