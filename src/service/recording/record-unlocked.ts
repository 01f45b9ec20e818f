import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { ProgressKey } from '../../store/progress.ts'
import type { Sheet, SheetKey } from '../../store/sheets.ts'
import type { SheetWrite, Standing, StandingsWrite } from '../../store/standings.ts'
import { Answers } from '../answers.ts'
import { Ledger, sheetKey } from '../ledger.ts'
import { achievementNotFound } from '../lookup.ts'
import type { Services } from '../services.ts'
import type { Entry, EntryAnswer } from './entry.ts'
import { judge } from './judge.ts'
import type { KnownStandings } from './known-standings.ts'

/**
 * Records entries without holding anything while they are judged: what they are judged by is known or read, and one
 * statement writes what comes of it, sheet by sheet, where all of that is still so. Undefined for the entries of
 * sheets that were left unwritten, because they have changed, or because one of their entries was refused: the
 * refusal might be an old view's.
 */
export async function recordUnlocked(
  services: Services,
  standings: KnownStandings,
  entries: readonly Entry[],
): Promise<readonly (EntryAnswer | undefined)[]> {
  // It waits for nobody, so nobody has to stop it.
  const { signal } = new AbortController()
  const now = services.now()
  const { definitions } = services
  const read = <Result>(work: Parameters<typeof services.store.read<Result>>[1]) =>
    services.store.read(signal, work)
  const items = entries.map(({ item }) => item)
  if (items.some((item) => definitions.get(item) === undefined)) {
    await read((queries) => definitions.load(queries, items))
  }
  // Taken now: what is remembered may be forgotten while the rest is read.
  const remembered = items.map((item) => standings.get(item))
  // All of a sheet is of one version: beside what is read, what is remembered of it might be older, and unnoticed.
  const incomplete = new Set(items.filter((_, index) => remembered[index] === undefined).map(sheetKey))
  const unknown = items.filter((item) => incomplete.has(sheetKey(item)))
  const found = unknown.length === 0 ? [] : await read((queries) => queries.standingsAt(unknown))
  const known = new Map(unknown.map((key, index) => [nameOf(key), found[index] as Standing]))
  const before = items.map((item, index) => known.get(nameOf(item)) ?? (remembered[index] as Standing))

  const sheets = new Map(
    items.map((item, index) => [sheetKey(item), before[index]?.sheet ?? blank(item, now)]),
  )
  const progress = items.map((item, index) => ({ ...item, progress: (before[index] as Standing).progress }))
  const ledger = new Ledger([...sheets.values()], progress)
  const answers = new Answers()
  const definitionOf = ({ item }: Entry) => {
    const definition = definitions.get(item)
    if (definition === undefined) throw achievementNotFound(item.titleId, item.achievementId)
    return definition
  }
  const judged = judge(services, { now, ledger, answers, definitionOf }, entries)

  const refused = new Set(
    items.filter((_, index) => judged[index] instanceof LaurelError).map((item) => sheetKey(item)),
  )
  const isWritten = (key: SheetKey) => !refused.has(sheetKey(key))
  const changed = new Set([...ledger.changes.progress, ...answers.given].map(sheetKey))
  const present = new Map(items.map((item, index) => [sheetKey(item), before[index]?.sheet]))
  const reported = Map.groupBy(items, sheetKey)
  const writes = [...sheets.values()].filter(isWritten).map((sheet): SheetWrite => {
    const was = present.get(sheetKey(sheet))
    const isChanged = was !== undefined && changed.has(sheetKey(sheet))
    const after = ledger.sheetOf(sheet)
    const ids = reported.get(sheetKey(sheet))?.map(({ achievementId }) => achievementId) ?? []
    return {
      before: was,
      after: isChanged ? { ...after, version: was.version + 1n } : after,
      achievementIds: ids,
    }
  })
  const write: StandingsWrite = {
    sheets: writes.sort(byKey),
    progress: ledger.changes.progress.filter(isWritten),
    events: ledger.changes.events.filter(isWritten),
    answers: answers.given.filter(isWritten),
    definitions: [...new Set(entries.filter(({ item }) => isWritten(item)).map(definitionOf))],
    time: now,
  }
  const written =
    writes.length === 0 ? [] : await services.store.single(signal, (queries) => queries.writeStandings(write))
  return remember(services, standings, write, new Set(written.map(sheetKey)), entries, judged, progress)
}

function remember(
  { definitions }: Services,
  standings: KnownStandings,
  write: StandingsWrite,
  written: ReadonlySet<string>,
  entries: readonly Entry[],
  judged: readonly EntryAnswer[],
  progress: ConstructorParameters<typeof Ledger>[1],
): readonly (EntryAnswer | undefined)[] {
  const read = Map.groupBy(progress, sheetKey)
  const changed = Map.groupBy(write.progress, sheetKey)
  for (const { before, after } of write.sheets) {
    const name = sheetKey(after)
    if (written.has(name))
      standings.put(after, before, [...(read.get(name) ?? []), ...(changed.get(name) ?? [])])
    else standings.forget(after)
  }
  // Whichever it was: they are read anew.
  if (written.size < write.sheets.length) definitions.forget(write.definitions)
  return judged.map((answer, index) =>
    written.has(sheetKey((entries[index] as Entry).item)) ? answer : undefined,
  )
}

/** A sheet that is not there yet. Its version is like that of none before it, should it have been there once. */
function blank({ playerId, titleId }: SheetKey, now: Instant): Sheet {
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

function byKey({ after: left }: SheetWrite, { after: right }: SheetWrite): number {
  if (left.playerId !== right.playerId) return left.playerId < right.playerId ? -1 : 1
  return left.titleId < right.titleId ? -1 : 1
}

function nameOf(key: ProgressKey): string {
  return `${sheetKey(key)}\u0000${key.achievementId}`
}
