import type { Loss } from '../../dialect/losses.ts'
import type { FoundTitle } from '../titles/find-title.ts'
import type { EntryKind, EntryOutcome, ImportPart, ImportSummary } from './document-parts.ts'
import { type BatchResult, unownedLosses } from './import-batch.ts'
import type { Entry } from './read-entries.ts'

const EMPTY_OUTCOME = { possibleDuplicates: [], drift: undefined, changes: [] }

/** Counts the results of an import for its summary. */
export class ImportTally {
  readonly #envelopeLosses: readonly Loss[]
  readonly #kinds: Record<EntryKind, number> = { new: 0, replaced: 0, unchanged: 0, ignored: 0, failed: 0 }
  readonly #titleIds = new Set<string>()
  #titleCreated = false
  #entryCount = 0
  #lossCount: number
  #progressChangedCount = 0
  #newlyUnlockedCount = 0
  #driftCount = 0

  constructor(envelopeLosses: readonly Loss[]) {
    this.#envelopeLosses = envelopeLosses
    this.#lossCount = envelopeLosses.length
  }

  addTitles(found: ReadonlyMap<string, FoundTitle>): void {
    for (const { title, created } of found.values()) {
      this.#titleIds.add(title.id)
      this.#titleCreated ||= created
    }
  }

  addBatch(entries: readonly Entry[], result: BatchResult, playerId: string | undefined): ImportPart {
    const rejected = entries.flatMap((entry): EntryOutcome[] =>
      'error' in entry
        ? [
            {
              ...EMPTY_OUTCOME,
              path: entry.path,
              achievementId: entry.achievementId,
              kind: 'failed',
              error: entry.error,
            },
          ]
        : [],
    )
    const outcomes = [...rejected, ...result.outcomes]
    const entryLosses = entries.flatMap((entry) =>
      'record' in entry ? [...entry.losses, ...unownedLosses(entry.record, entry.path, playerId)] : [],
    )
    const losses = [...entryLosses, ...result.losses]
    for (const { kind } of outcomes) this.#kinds[kind] += 1
    for (const { changed, newlyUnlocked, drift } of result.progress) {
      this.#progressChangedCount += Number(changed)
      this.#newlyUnlockedCount += Number(newlyUnlocked)
      this.#driftCount += Number(drift !== undefined)
    }
    this.#entryCount += entries.length
    this.#lossCount += losses.length
    return { outcomes, losses }
  }

  /** The counts of the batches so far. */
  get summary(): ImportSummary {
    const [only, ...others] = this.#titleIds
    return {
      titleId: others.length === 0 ? (only ?? '') : '',
      titleCreated: this.#titleCreated,
      entryCount: this.#entryCount,
      newCount: this.#kinds.new,
      replacedCount: this.#kinds.replaced,
      unchangedCount: this.#kinds.unchanged,
      ignoredCount: this.#kinds.ignored,
      failedCount: this.#kinds.failed,
      lossCount: this.#lossCount,
      progressChangedCount: this.#progressChangedCount,
      newlyUnlockedCount: this.#newlyUnlockedCount,
      driftCount: this.#driftCount,
    }
  }

  end(): ImportPart {
    return { outcomes: [], losses: this.#envelopeLosses, summary: this.summary }
  }
}
