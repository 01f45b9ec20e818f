import type { StoredAchievement } from '../../../model/achievement.ts'
import { compositeKey } from '../../../model/composite-key.ts'
import { LaurelError } from '../../../model/errors.ts'
import type { ProgressKey } from '../../../model/progress.ts'
import type { Queries } from '../../../store/queries.ts'
import { statCodesOf } from '../../achievements/write-definitions.ts'
import { IdempotencyStore } from '../../idempotency.ts'
import { achievementNotFound, titleNotFound } from '../../require.ts'
import { applyReports, attempt } from './apply-reports.ts'
import type { RecordOutcome, RecordProgress, ReportEntry, WriterParts } from './contract.ts'
import { StatValues } from './stat-values.ts'
import { UnitOfWork } from './unit-of-work.ts'
import { writeBatch } from './write-batch.ts'

/**
 * Records entries under lock, in one transaction of three round trips: always succeeds, but waits for other writers. A first report
 * takes more.
 */
export function writeLocked(
  { store, now, timeBounds }: WriterParts,
  entries: readonly ReportEntry[],
  signal: AbortSignal,
): Promise<readonly RecordOutcome[]> {
  return writeBatch(store, entries, signal, (batch) => ({
    // Before players' titles: every transaction takes its locks in this order.
    open: (queries) =>
      LockedDefinitions.lock(
        queries,
        batch.map(({ request }) => request),
      ),
    apply: async (queries, definitions) => {
      const time = now()
      const readyEntries = batch.filter(
        ({ request }) => !(attempt(() => definitions.of(request)) instanceof LaurelError),
      )
      const ready = readyEntries.map(({ request }) => request)
      const statCodes = statCodesOf(ready.map((request) => definitions.of(request)))
      const [unitOfWork, [idempotency, stats]] = await UnitOfWork.openAndRead(queries, time, ready, () =>
        queries.together([
          () => IdempotencyStore.load(queries, readyEntries),
          () => StatValues.load(queries, ready, statCodes),
        ]),
      )
      const statsOf = ({ request }: ReportEntry) => stats.quantitiesOf(request)
      const definitionOf = ({ request }: ReportEntry) => definitions.of(request)
      const changesOf = ({ request }: ReportEntry) => unitOfWork.of(request)
      const state = { now: time, timeBounds, idempotency, changesOf, definitionOf, statsOf }
      const result = applyReports(state, batch)
      return { result, last: [...(await unitOfWork.writes(queries)), ...idempotency.writes(queries, time)] }
    },
  }))
}

/** The definitions that requests name, under a shared lock. */
class LockedDefinitions {
  readonly #byKey = new Map<string, StoredAchievement>()
  readonly #titles = new Set<string>()

  static async lock(queries: Queries, requests: readonly RecordProgress[]): Promise<LockedDefinitions> {
    const definitions = new LockedDefinitions()
    const byTitle = Map.groupBy(requests, ({ titleId }) => titleId)
    for (const [titleId, ofTitle] of [...byTitle].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const ids = new Set(ofTitle.map(({ achievementId }) => achievementId))
      const found = await queries.achievements.lockShared(titleId, [...ids])
      for (const achievement of found)
        definitions.#byKey.set(compositeKey(titleId, achievement.id), achievement)
      if (found.length > 0 || (await queries.titles.find(titleId)) !== undefined)
        definitions.#titles.add(titleId)
    }
    return definitions
  }

  /** @throws LaurelError NOT_FOUND naming the title or the achievement. */
  of({ titleId, achievementId }: Omit<ProgressKey, 'playerId'>): StoredAchievement {
    if (!this.#titles.has(titleId)) throw titleNotFound(titleId)
    const achievement = this.#byKey.get(compositeKey(titleId, achievementId))
    if (achievement === undefined) throw achievementNotFound(titleId, achievementId)
    return achievement
  }
}
