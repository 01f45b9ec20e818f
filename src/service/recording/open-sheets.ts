import type { StoredAchievement } from '../../model/achievement.ts'
import type { Instant } from '../../model/instant.ts'
import type { ProgressEvent, ProgressRecord } from '../../store/progress.ts'
import type { Sheet } from '../../store/sheets.ts'
import type { SheetWrite, Standing } from '../../store/standings.ts'
import type { GivenAnswer } from '../answers.ts'
import { sheetKey } from '../ledger.ts'
import type { RecordProgress } from '../record-progress.ts'
import type { Services } from '../services.ts'
import type { KnownStandings } from './known-standings.ts'

/** A sheet that items are about, and what comes of them. */
export interface OpenSheet extends SheetWrite {
  readonly name: string
  /** What is known of its progress: as it was found. */
  readonly found: ProgressRecord[]
  readonly definitions: Set<StoredAchievement>
  readonly progress: ProgressRecord[]
  readonly events: ProgressEvent[]
  readonly answers: GivenAnswer[]
  /** The same as before until it is known what comes of the items. */
  after: Sheet
  isRefused: boolean
}

/** The sheets of items, in the order of the items: what is remembered of them, or else read. */
export async function openSheets(
  services: Services,
  standings: KnownStandings,
  items: readonly RecordProgress[],
  now: Instant,
): Promise<readonly OpenSheet[]> {
  const found = await findStandings(services, standings, items)
  const sheets = new Map<string, OpenSheet>()
  return items.map((item, index) => {
    const { playerId, titleId, achievementId } = item
    const { sheet, progress } = found[index] as Standing
    const name = sheetKey(item)
    let open = sheets.get(name)
    if (open === undefined) {
      open = opened(name, sheet, sheet ?? blank(playerId, titleId, now))
      sheets.set(name, open)
    }
    open.found.push({ playerId, titleId, achievementId, progress })
    return open
  })
}

function opened(name: string, before: Sheet | undefined, after: Sheet): OpenSheet {
  return {
    name,
    before,
    after,
    found: [],
    definitions: new Set(),
    progress: [],
    events: [],
    answers: [],
    isRefused: false,
  }
}

async function findStandings(
  services: Services,
  standings: KnownStandings,
  items: readonly RecordProgress[],
): Promise<readonly Standing[]> {
  // Taken now: what is remembered may be forgotten while the rest is read.
  const remembered = items.map((item) => standings.get(sheetKey(item), item.achievementId))
  if (remembered.every((standing) => standing !== undefined)) return remembered
  // All of a sheet is of one version: beside what is read, what is remembered of it might be older, and unnoticed.
  const incomplete = new Set(items.filter((_, index) => remembered[index] === undefined).map(sheetKey))
  const places = items.flatMap((item, index) => (incomplete.has(sheetKey(item)) ? [index] : []))
  const unknown = places.map((index) => items[index] as RecordProgress)
  const read = await services.store.read(new AbortController().signal, (queries) =>
    queries.standingsAt(unknown),
  )
  for (const [order, index] of places.entries()) remembered[index] = read[order]
  return remembered as Standing[]
}

/** A sheet that is not there yet. Its version is like that of none before it, should it have been there once. */
function blank(playerId: string, titleId: string, now: Instant): Sheet {
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
