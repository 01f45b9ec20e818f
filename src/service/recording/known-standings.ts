import type { Progress } from '../../model/progress.ts'
import type { ProgressKey, ProgressRecord } from '../../store/progress.ts'
import type { Sheet, SheetKey } from '../../store/sheets.ts'
import type { Standing } from '../../store/standings.ts'
import { sheetKey } from '../ledger.ts'

interface KnownSheet {
  readonly sheet: Sheet
  readonly progress: Map<string, Progress>
}

/** So many sheets are remembered at most; the ones that were not used for longest are forgotten. */
const MOST = 50_000

/**
 * What players had when they were last written or read, in memory. It may be old: what is thought out from it is
 * written only if the sheet is still of the same version.
 */
export class KnownStandings {
  readonly #known = new Map<string, KnownSheet>()

  get(key: ProgressKey): Standing | undefined {
    const name = sheetKey(key)
    const known = this.#known.get(name)
    const progress = known?.progress.get(key.achievementId)
    if (known === undefined || progress === undefined) return undefined
    this.#known.delete(name)
    this.#known.set(name, known)
    return { sheet: known.sheet, progress }
  }

  /** What progress there is of a sheet; that of another version of it is forgotten. */
  put(sheet: Sheet, before: Sheet | undefined, records: readonly ProgressRecord[]): void {
    const name = sheetKey(sheet)
    const known = this.#known.get(name)
    const isSame = known !== undefined && known.sheet.version === before?.version
    const progress = isSame ? known.progress : new Map<string, Progress>()
    for (const record of records) progress.set(record.achievementId, record.progress)
    this.#known.delete(name)
    const [oldest] = this.#known.size >= MOST ? this.#known.keys() : []
    if (oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(name, { sheet, progress })
  }

  forget(key: SheetKey): void {
    this.#known.delete(sheetKey(key))
  }
}
