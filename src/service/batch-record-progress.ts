import type { StoredAchievement } from '../model/achievement.ts'
import { LaurelError } from '../model/errors.ts'
import type { Queries } from '../store/queries.ts'
import { Answers } from './answers.ts'
import { Ledger } from './ledger.ts'
import { fingerprintOf } from './once.ts'
import type { RecordProgress } from './record-progress.ts'
import { Definitions, type ProgressResult, report, teller, whenOf } from './reports.ts'
import type { Call, Services } from './services.ts'

type Answer = ProgressResult | LaurelError

/**
 * The one door for reports. Items are taken in their order, in one transaction, each with its own answer: a
 * result, or the error that kept it from being recorded. One that fails leaves no trace and hinders no other.
 */
export async function batchRecordProgress(
  services: Services,
  { items }: { readonly items: readonly RecordProgress[] },
  call: Call,
): Promise<readonly Answer[]> {
  try {
    return await services.store.write(call.signal, (queries) => recordAll(services, queries, items, call))
  } catch (error) {
    if (error instanceof NothingRecorded) return error.answers
    // A database that is away or busy is nobody's item's fault.
    if (!(error instanceof LaurelError) || ['unavailable', 'resource_exhausted'].includes(error.code))
      throw error
    if (items.length === 1) return [error]
    // Something that only the database sees, such as an achievement that is deleted meanwhile: find whose it is.
    const middle = Math.ceil(items.length / 2)
    const first = await batchRecordProgress(services, { items: items.slice(0, middle) }, call)
    return [...first, ...(await batchRecordProgress(services, { items: items.slice(middle) }, call))]
  }
}

async function recordAll(
  services: Services,
  queries: Queries,
  items: readonly RecordProgress[],
  call: Call,
): Promise<readonly Answer[]> {
  const now = services.now()
  const definitions = await Definitions.hold(queries, items)
  const ready = items.filter((item) => !(attempt(() => definitions.of(item)) instanceof LaurelError))
  const ledger = await Ledger.open(queries, now, ready)
  const answers = await Answers.load(queries, ready)
  const results = items.map((item) =>
    attempt(() => {
      const achievement = definitions.of(item)
      const fingerprint = fingerprintOf('recordProgress', item)
      const before = answers.find<ProgressResult>(item, fingerprint)
      if (before !== undefined) return before
      checkReporter(achievement, call)
      const context = whenOf(services, now, item.occurredTime, call.actor)
      const result = report(ledger, item, achievement, item.report, context, teller(call, item.requestId))
      answers.keep(item, fingerprint, result)
      return result
    }),
  )
  if (results.every((result) => result instanceof LaurelError)) throw new NothingRecorded(results)
  await ledger.flush()
  await answers.flush(queries, now)
  return results
}

/** What only servers report, no player may, not even of themselves. */
function checkReporter({ titleId, id, serverOnly }: StoredAchievement, { principal }: Call): void {
  if (!serverOnly || principal.kind !== 'player') return
  const message = `only servers report achievement ${id}, and a player asked`
  throw new LaurelError('permission_denied', 'SERVER_ONLY', message, {
    metadata: { titleId, achievementId: id },
  })
}

/** Rolls the transaction back, so that a refused first report leaves no player behind. */
class NothingRecorded extends Error {
  readonly answers: readonly Answer[]

  constructor(answers: readonly Answer[]) {
    super('nothing was recorded')
    this.answers = answers
  }
}

function attempt<Result>(run: () => Result): Result | LaurelError {
  try {
    return run()
  } catch (error) {
    if (error instanceof LaurelError) return error
    throw error
  }
}
