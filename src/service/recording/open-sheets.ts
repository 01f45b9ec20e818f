import type { Instant } from '../../model/instant.ts'
import type { ProgressRecord } from '../../store/progress.ts'
import type { Sheet } from '../../store/sheets.ts'
import type { Standing } from '../../store/standings.ts'
import { sheetKey } from '../ledger.ts'
import type { RecordProgress } from '../record-progress.ts'
import type { Services } from '../services.ts'
import type { KnownStandings } from './known-standings.ts'

/** A sheet that items are about. */
export interface OpenSheet {
  readonly name: string
  /** Undefined where there is none yet. */
  readonly before: Sheet | undefined
  readonly sheet: Sheet
  readonly achievementIds: string[]
  /** What is known of its progress: as it was found, and then as it has changed. */
  readonly progress: ProgressRecord[]
  isChanged: boolean
  isRefused: boolean
}

/** The sheets of items, by their names: what is remembered of them, or else read. */
export async function openSheets(
  services: Services,
  standings: KnownStandings,
  items: readonly RecordProgress[],
  now: Instant,
): Promise<ReadonlyMap<string, OpenSheet>> {
  const found = await findStandings(services, standings, items)
  const sheets = new Map<string, OpenSheet>()
  for (const [index, { playerId, titleId, achievementId }] of items.entries()) {
    const name = sheetKey(items[index] as RecordProgress)
    const { sheet: before, progress } = found[index] as Standing
    let open = sheets.get(name)
    if (open === undefined) {
      const sheet = before ?? blank(playerId, titleId, now)
      open = { name, before, sheet, achievementIds: [], progress: [], isChanged: false, isRefused: false }
      sheets.set(name, open)
    }
    open.achievementIds.push(achievementId)
    open.progress.push({ playerId, titleId, achievementId, progress })
  }
  return sheets
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
