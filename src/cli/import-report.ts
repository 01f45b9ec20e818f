import {
  type EntryOutcome,
  EntryOutcomeKind,
  type FieldChange,
  type ImportSummary,
} from '../gen/laurel/v1/exchange.ts'
import { parseExactJson } from '../model/exact-json.ts'
import type { JsonObject } from '../model/json.ts'
import { type Drift, driftIn, driftLines } from './drift.ts'
import { remoteErrorOf } from './failure.ts'
import { count, listing } from './terminal.ts'

/** Further failed entries, drift and possible duplicates are only counted; `--json` lists all. */
const MAX_SHOWN = 1000

const KINDS: Readonly<Record<EntryOutcomeKind, string>> = {
  [EntryOutcomeKind.UNSPECIFIED]: 'unknown',
  [EntryOutcomeKind.NEW]: 'new',
  [EntryOutcomeKind.REPLACED]: 'replaced',
  [EntryOutcomeKind.UNCHANGED]: 'unchanged',
  [EntryOutcomeKind.IGNORED]: 'ignored',
  [EntryOutcomeKind.FAILED]: 'failed',
}

/** The outcomes of an import's entries: failures, drift and possible duplicates as text, or everything as JSON. */
export class ImportReport {
  readonly #storesAll: boolean
  readonly #all: EntryOutcome[] = []
  readonly #failed: EntryOutcome[] = []
  readonly #drift: Drift[] = []
  readonly #possibleDuplicates: EntryOutcome[] = []
  readonly #changed: EntryOutcome[] = []

  constructor(storesAll: boolean) {
    this.#storesAll = storesAll
  }

  add(outcomes: readonly EntryOutcome[]): void {
    for (const outcome of outcomes) {
      if (this.#storesAll) this.#all.push(outcome)
      if (outcome.kind === EntryOutcomeKind.FAILED && this.#failed.length < MAX_SHOWN)
        this.#failed.push(outcome)
      const drift = driftIn(outcome)
      if (drift !== undefined && this.#drift.length < MAX_SHOWN) this.#drift.push(drift)
      if (outcome.changes.length > 0 && this.#changed.length < MAX_SHOWN) this.#changed.push(outcome)
      if (outcome.possibleDuplicates.length > 0 && this.#possibleDuplicates.length < MAX_SHOWN)
        this.#possibleDuplicates.push(outcome)
    }
  }

  lines(summary: ImportSummary, dryRun: boolean): readonly string[] {
    const entries = count(summary.entryCount, 'entry', 'entries')
    const created = summary.titleCreated ? (dryRun ? ', which would be created' : ', which was created') : ''
    const more = summary.failedCount - this.#failed.length
    return [
      ...(dryRun ? ['dry run, nothing is stored:'] : []),
      `read ${entries}${titleOf(summary)}${created}: ` +
        `new ${summary.newCount}, replaced ${summary.replacedCount}, unchanged ${summary.unchangedCount}, ` +
        `ignored ${summary.ignoredCount}, failed ${summary.failedCount}`,
      `  progress records changed ${summary.progressChangedCount}, newly unlocked ${summary.newlyUnlockedCount}`,
      ...(this.#changed.length === 0 ? [] : ['would change:', ...this.#changed.flatMap(changeLines)]),
      ...listing('failed:', ['path', 'achievement', 'reason', 'why'], this.#failed.map(failureRow)),
      ...(more > 0 ? [`and ${more} more that failed (--json lists every one)`] : []),
      ...driftLines(this.#drift, summary.driftCount),
      ...listing(
        'possible duplicates of achievements with another id (to join them, use --map):',
        ['path', 'id', 'possible duplicate of'],
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
      const { path, achievementId, kind, error, possibleDuplicates, changes } = outcome
      const drift = driftIn(outcome)
      return {
        path,
        achievementId,
        kind: KINDS[kind],
        ...(error === undefined ? {} : { error: errorJson(error) }),
        ...(drift === undefined ? {} : { drift: { theirs: drift.theirs, ours: drift.ours } }),
        ...(possibleDuplicates.length === 0 ? {} : { possibleDuplicates }),
        ...(changes.length === 0 ? {} : { changes: changes.map(changeJson) }),
      }
    })
  }
}

/** The summary has no title id for an empty document, if no entry reached a title, or if there were several titles. */
function titleOf({ titleId, entryCount, failedCount }: ImportSummary): string {
  if (titleId !== '') return ` for title ${titleId}`
  return entryCount === failedCount ? '' : ' for several titles'
}

/** `keeper-of-flames: requirements[0].target 100 -> 150` */
function changeLines({ achievementId, changes }: EntryOutcome): readonly string[] {
  return changes.map(
    ({ field, fromJson, toJson }) =>
      `  ${achievementId}: ${field} ${fromJson || 'none'} -> ${toJson || 'none'}`,
  )
}

function changeJson({ field, fromJson, toJson }: FieldChange): JsonObject {
  const parse = (json: string) => (json === '' ? null : parseExactJson(json))
  return { field, from: parse(fromJson), to: parse(toJson) }
}

function failureRow({ path, achievementId, error }: EntryOutcome): readonly string[] {
  const { reason, message } = remoteErrorOf(error ?? { code: 0, message: '', details: [] })
  return [path, achievementId, reason, message]
}

function errorJson(error: NonNullable<EntryOutcome['error']>): JsonObject {
  const { reason, message, violations } = remoteErrorOf(error)
  return {
    reason,
    message,
    violations: violations.map(({ field, message: text }) => ({ field, message: text })),
  }
}
