import type { StoredAchievement } from '../../../model/achievement.ts'
import type { Instant } from '../../../model/instant.ts'
import type { Progress } from '../../../model/progress.ts'
import type { SheetWrite, Standing } from '../../../store/progress/optimistic-writes.ts'
import type { Sheet } from '../../../store/progress/player-titles.ts'
import type { GivenAnswer } from '../../idempotency-store.ts'
import type { Services } from '../../services.ts'
import type { RecordProgress } from '../record-progress.ts'
import type { KnownStandings } from './player-title-cache.ts'
import { Ledger } from './player-title-changes.ts'
import { sheetKey } from './unit-of-work.ts'

/** A sheet that items are about, and what comes of them. */
export interface OpenSheet {
  readonly name: string
  /** As it was found; undefined for one that is not there yet. */
  readonly before: Sheet | undefined
  /** What was found of its progress, by achievement. */
  readonly found: ReadonlyMap<string, Progress>
  readonly ledger: Ledger
  /** What the items were judged by. */
  readonly definitions: StoredAchievement[]
  readonly answers: GivenAnswer[]
  isRefused: boolean
}

/** The sheets of items, in the order of the items: what is remembered of them, or else read. */
export async function openSheets(
  services: Services,
  standings: KnownStandings,
  items: readonly RecordProgress[],
  now: Instant,
): Promise<readonly OpenSheet[]> {
  const sheets = new Map<string, OpenSheet>()
  const incomplete = new Set<string>()
  // Taken now: what is remembered may be forgotten, or move on, while the rest is read.
  const names = items.map((item) => {
    const name = sheetKey(item)
    const known = standings.get(name)
    if (known?.progress.has(item.achievementId) !== true) incomplete.add(name)
    else if (!sheets.has(name)) sheets.set(name, opened(name, known.sheet, known.progress, known.sheet))
    return name
  })
  if (incomplete.size > 0) {
    // All of a sheet is of one version: beside what is read, what is remembered of it might be older, and unnoticed.
    const unknown = items.filter((_, index) => incomplete.has(names[index] as string))
    const read = await readStandings(services, unknown)
    const found = new Map<string, Map<string, Progress>>()
    for (const [index, item] of unknown.entries()) {
      const { sheet, progress } = read[index] as Standing
      const name = sheetKey(item)
      let ofSheet = found.get(name)
      if (ofSheet === undefined) {
        ofSheet = new Map()
        found.set(name, ofSheet)
        sheets.set(name, opened(name, sheet, ofSheet, sheet ?? blank(item, now)))
      }
      ofSheet.set(item.achievementId, progress)
    }
  }
  return names.map((name) => sheets.get(name) as OpenSheet)
}

async function readStandings(
  { store }: Services,
  items: readonly RecordProgress[],
): Promise<readonly Standing[]> {
  return store.read(new AbortController().signal, (queries) => queries.optimisticWrites.snapshots(items))
}

function opened(
  name: string,
  before: Sheet | undefined,
  found: ReadonlyMap<string, Progress>,
  sheet: Sheet,
): OpenSheet {
  const ledger = new Ledger(sheet, found)
  return { name, before, found, ledger, definitions: [], answers: [], isRefused: false }
}

/** A sheet that is not there yet. Its version is like that of none before it, should it have been there once. */
function blank({ playerId, titleId }: RecordProgress, now: Instant): Sheet {
  return {
    playerId,
    titleId,
    version: now,
    unlockedCount: 0,
    score: 0n,
    lastUnlockTime: undefined,
    extensions: {},
  }
}

/** What came of a sheet, as it is written. One that changes has a new version. */
export function writeOf(open: OpenSheet): SheetWrite & { readonly open: OpenSheet } {
  const { before, ledger, definitions, answers } = open
  const { sheet, progress, events } = ledger
  const isRaised = before !== undefined && progress.length + answers.length > 0
  const after = isRaised ? { ...sheet, version: before.version + 1n } : sheet
  return { open, before, after, definitions, progress, events, answers }
}
