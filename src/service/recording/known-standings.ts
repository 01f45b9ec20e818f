import { LRUCache } from 'lru-cache'
import type { Progress } from '../../model/progress.ts'
import type { ProgressRecord } from '../../store/progress.ts'
import type { Sheet } from '../../store/sheets.ts'
import type { Standing } from '../../store/standings.ts'

interface KnownSheet {
  readonly sheet: Sheet
  readonly progress: Map<string, Progress>
}

/** So many sheets are remembered at most; the ones that were not used for longest are forgotten. */
const MOST = 50_000

/**
 * What players had when they were last written or read, in memory, by the keys of their sheets. It may be old: what is
 * thought out from it is written only if the sheet is still of the same version.
 */
export class KnownStandings {
  readonly #known = new LRUCache<string, KnownSheet>({ max: MOST })

  get(name: string, achievementId: string): Standing | undefined {
    const known = this.#known.get(name)
    const progress = known?.progress.get(achievementId)
    return known === undefined || progress === undefined ? undefined : { sheet: known.sheet, progress }
  }

  /** What progress there is of a sheet; that of another version of it is forgotten. */
  put(name: string, sheet: Sheet, before: Sheet | undefined, records: readonly ProgressRecord[]): void {
    const known = this.#known.get(name)
    const isSame = known !== undefined && known.sheet.version === before?.version
    const progress = isSame ? known.progress : new Map<string, Progress>()
    for (const record of records) progress.set(record.achievementId, record.progress)
    this.#known.set(name, { sheet, progress })
  }

  forget(name: string): void {
    this.#known.delete(name)
  }
}
