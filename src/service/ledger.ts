import { type StoredAchievement, scoreOf } from '../model/achievement.ts'
import type { Instant } from '../model/instant.ts'
import { NOT_STARTED, type Progress } from '../model/progress.ts'
import type { Extensions } from '../model/title.ts'
import type { ProgressEvent, ProgressKey, ProgressRecord } from '../store/progress.ts'
import type { Queries } from '../store/queries.ts'
import type { Sheet, SheetKey } from '../store/sheets.ts'

/** What a change is told as. */
export type Change = Pick<ProgressEvent, 'kind' | 'time' | 'actor' | 'reason' | 'requestId'>

/**
 * What one transaction changes of players' standing: read once under the lock of their sheets, changed in
 * memory as often as need be, written once with an event for each change and the totals kept along.
 */
export class Ledger {
  readonly #sheets: Map<string, Sheet>
  readonly #progress: Map<string, Progress>
  readonly #changedProgress = new Map<string, ProgressKey>()
  readonly #changedSheets = new Set<string>()
  /** Sheets that lost an unlock: their last unlock is looked up anew. */
  readonly #shrunkSheets = new Set<string>()
  readonly #events: ProgressEvent[] = []

  /** On sheets that are locked, or that are made sure of when the changes are written. */
  constructor(sheets: readonly Sheet[], records: readonly ProgressRecord[]) {
    this.#sheets = new Map(sheets.map((sheet) => [sheetKey(sheet), sheet]))
    this.#progress = new Map(records.map((record) => [progressKey(record), record.progress]))
  }

  /** Locks the sheets of these keys and reads the progress. Keys may repeat. */
  static async open(queries: Queries, time: Instant, keys: readonly ProgressKey[]): Promise<Ledger> {
    const sheets = await lockSheets(queries, time, keys)
    const unique = [...new Map(keys.map((key) => [progressKey(key), key])).values()]
    return new Ledger(sheets, unique.length === 0 ? [] : await queries.progressAt(unique))
  }

  /** Locks one sheet and reads all that the player has in the title. */
  static async openSheet(queries: Queries, time: Instant, key: SheetKey): Promise<Ledger> {
    const sheets = await lockSheets(queries, time, [key])
    return new Ledger(sheets, await queries.progressOf(key))
  }

  progressOf(key: ProgressKey): Progress {
    return this.#progress.get(progressKey(key)) ?? NOT_STARTED
  }

  /** Records what the progress is from now on, and tells it. */
  change(
    key: ProgressKey,
    achievement: Pick<StoredAchievement, 'rewards'>,
    next: Progress,
    change: Change,
  ): void {
    const name = progressKey(key)
    const before = this.#progress.get(name) ?? NOT_STARTED
    this.#progress.set(name, next)
    this.#changedProgress.set(name, key)
    this.#events.push({ ...change, ...pickKey(key), progress: next })
    const difference = Number(counts(next)) - Number(counts(before))
    if (difference === 0) return
    const sheet = this.sheetOf(key)
    const latest = [sheet.lastUnlockTime, next.unlockTime].reduce(later)
    this.#putSheet({
      ...sheet,
      unlockedCount: sheet.unlockedCount + difference,
      score: sheet.score + BigInt(difference) * scoreOf(achievement),
      lastUnlockTime: difference > 0 ? latest : sheet.lastUnlockTime,
    })
    if (difference < 0) this.#shrunkSheets.add(sheetKey(key))
  }

  /** Keeps what a document said of the player's totals. */
  annotate(key: SheetKey, extensions: Extensions): void {
    const sheet = this.sheetOf(key)
    this.#putSheet({ ...sheet, extensions: { ...sheet.extensions, ...extensions } })
  }

  /** What has changed so far: the progress as it is now, and what is told of it. */
  get changes(): { readonly progress: readonly ProgressRecord[]; readonly events: readonly ProgressEvent[] } {
    const progress = [...this.#changedProgress].map(([name, key]) => ({
      ...pickKey(key),
      progress: this.#progress.get(name) ?? NOT_STARTED,
    }))
    return { progress, events: this.#events }
  }

  /** A sheet as it is now. */
  sheetOf(key: SheetKey): Sheet {
    const sheet = this.#sheets.get(sheetKey(key))
    if (sheet === undefined) throw new Error(`sheet ${sheetKey(key)} is not open`)
    return sheet
  }

  async flush(queries: Queries): Promise<void> {
    const { progress: changed, events } = this.changes
    const erased = changed.filter(({ progress }) => progress === NOT_STARTED)
    const kept = changed.filter(({ progress }) => progress !== NOT_STARTED)
    if (kept.length > 0) await queries.putProgress(kept)
    if (erased.length > 0) await queries.deleteProgress(erased)
    for (const key of this.#shrunkSheets) {
      const sheet = this.#sheets.get(key) as Sheet
      this.#putSheet({ ...sheet, lastUnlockTime: await queries.lastUnlockOf(sheet) })
    }
    if (this.#changedSheets.size > 0) {
      await queries.putSheets([...this.#changedSheets].map((key) => this.#sheets.get(key) as Sheet))
    }
    if (events.length > 0) await queries.insertEvents(events)
  }

  #putSheet(sheet: Sheet): void {
    this.#sheets.set(sheetKey(sheet), sheet)
    this.#changedSheets.add(sheetKey(sheet))
  }
}

async function lockSheets(
  queries: Queries,
  time: Instant,
  keys: readonly SheetKey[],
): Promise<readonly Sheet[]> {
  const unique = [...new Map(keys.map((key) => [sheetKey(key), key])).values()]
  return unique.length === 0 ? [] : queries.lockSheets(unique, time)
}

/** Whether progress is among what its player has: achieved, and not taken back. */
function counts(progress: Progress): boolean {
  return progress.state === 'achieved' && !progress.revoked
}

function later(left: Instant | undefined, right: Instant | undefined): Instant | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return left > right ? left : right
}

function pickKey({ playerId, titleId, achievementId }: ProgressKey): ProgressKey {
  return { playerId, titleId, achievementId }
}

/** No id holds U+0000. */
export function sheetKey({ playerId, titleId }: SheetKey): string {
  return `${playerId}\u0000${titleId}`
}

function progressKey({ playerId, titleId, achievementId }: ProgressKey): string {
  return `${playerId}\u0000${titleId}\u0000${achievementId}`
}
