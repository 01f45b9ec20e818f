import { type EntryOutcome, EntryOutcomeKind, type ImportSummary } from '../gen/laurel/v1/exchange.ts'
import type { JsonObject } from '../model/json.ts'
import { type Drift, driftLines, driftOf } from './drift.ts'
import { remoteErrorOf } from './failure.ts'
import { count, listing } from './report.ts'

/** Failed entries, drift and twins beyond these are only counted; `--json` lists all. */
const MAX_SHOWN = 1000

const KINDS: Readonly<Record<EntryOutcomeKind, string>> = {
  [EntryOutcomeKind.UNSPECIFIED]: 'unknown',
  [EntryOutcomeKind.NEW]: 'new',
  [EntryOutcomeKind.REPLACED]: 'replaced',
  [EntryOutcomeKind.UNCHANGED]: 'unchanged',
  [EntryOutcomeKind.IGNORED]: 'ignored',
  [EntryOutcomeKind.FAILED]: 'failed',
}

/** What became of the entries of an import: what a person must see of it, or all of it as JSON. */
export class ImportReport {
  readonly #keepsAll: boolean
  readonly #all: EntryOutcome[] = []
  readonly #failed: EntryOutcome[] = []
  readonly #drift: Drift[] = []
  readonly #possibleDuplicates: EntryOutcome[] = []

  constructor(keepsAll: boolean) {
    this.#keepsAll = keepsAll
  }

  add(outcomes: readonly EntryOutcome[]): void {
    for (const outcome of outcomes) {
      if (this.#keepsAll) this.#all.push(outcome)
      if (outcome.kind === EntryOutcomeKind.FAILED && this.#failed.length < MAX_SHOWN)
        this.#failed.push(outcome)
      const drift = driftIn(outcome)
      if (drift !== undefined && this.#drift.length < MAX_SHOWN) this.#drift.push(drift)
      if (outcome.possibleDuplicates.length > 0 && this.#possibleDuplicates.length < MAX_SHOWN)
        this.#possibleDuplicates.push(outcome)
    }
  }

  lines(summary: ImportSummary, dryRun: boolean): readonly string[] {
    const entries = count(summary.entryCount, 'entry', 'entries')
    const made = summary.titleCreated ? (dryRun ? ', which would be created' : ', which was created') : ''
    const more = summary.failedCount - this.#failed.length
    return [
      ...(dryRun ? ['dry run, nothing is kept:'] : []),
      `read ${entries}${titleOf(summary)}${made}: ` +
        `new ${summary.newCount}, replaced ${summary.replacedCount}, unchanged ${summary.unchangedCount}, ` +
        `ignored ${summary.ignoredCount}, failed ${summary.failedCount}`,
      `  progress records changed ${summary.progressChangedCount}, newly unlocked ${summary.newlyUnlockedCount}`,
      ...listing('failed:', ['path', 'reason', 'why'], this.#failed.map(failureRow)),
      ...(more > 0 ? [`and ${more} more that failed (--json lists every one)`] : []),
      ...driftLines(this.#drift, summary.driftCount),
      ...listing(
        'likely the same as what is there under another id (to join them, use --map):',
        ['path', 'id', 'looks like'],
        this.#possibleDuplicates.map(({ path, achievementId, possibleDuplicates }) => [
          path,
          achievementId,
          possibleDuplicates.join(', '),
        ]),
      ),
    ]
  }

  json(): readonly JsonObject[] {
    return this.#all.map((outcome) => {
      const { path, achievementId, kind, error, possibleDuplicates } = outcome
      const drift = driftIn(outcome)
      return {
        path,
        achievementId,
        kind: KINDS[kind],
        ...(error === undefined ? {} : { error: errorJson(error) }),
        ...(drift === undefined ? {} : { drift: { theirs: drift.theirs, ours: drift.ours } }),
        ...(possibleDuplicates.length === 0 ? {} : { possibleDuplicates }),
      }
    })
  }
}

function driftIn({ drift }: EntryOutcome): Drift | undefined {
  return drift?.kept && driftOf(drift.document, drift.kept)
}

/** No title is named of a document without entries, nor where none of them came to a title. */
function titleOf({ titleId, entryCount, failedCount }: ImportSummary): string {
  if (titleId !== '') return ` for title ${titleId}`
  return entryCount === failedCount ? '' : ' for several titles'
}

function failureRow({ path, error }: EntryOutcome): readonly string[] {
  const { reason, message } = remoteErrorOf(error ?? { code: 0, message: '', details: [] })
  return [path, reason, message]
}

function errorJson(error: NonNullable<EntryOutcome['error']>): JsonObject {
  const { reason, message, violations } = remoteErrorOf(error)
  return {
    reason,
    message,
    violations: violations.map(({ field, message: text }) => ({ field, message: text })),
  }
}
