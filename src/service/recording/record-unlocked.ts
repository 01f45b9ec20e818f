import type { StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { SheetKey } from '../../store/sheets.ts'
import type { SheetWrite, StandingsWrite } from '../../store/standings.ts'
import { Answers } from '../answers.ts'
import { Ledger, sheetKey } from '../ledger.ts'
import { achievementNotFound } from '../lookup.ts'
import type { Services } from '../services.ts'
import type { Entry, EntryAnswer } from './entry.ts'
import { judge } from './judge.ts'
import type { KnownStandings } from './known-standings.ts'
import { type OpenSheet, openSheets } from './open-sheets.ts'

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
  const now = services.now()
  const items = entries.map(({ item }) => item)
  const definitions = await findDefinitions(services, entries)
  const sheets = await openSheets(services, standings, items, now)
  const sheetOf = (key: SheetKey) => sheets.get(sheetKey(key)) as OpenSheet
  const opened = [...sheets.values()]

  const ledger = new Ledger(
    opened.map(({ sheet }) => sheet),
    opened.flatMap(({ progress }) => progress),
  )
  const answers = new Answers()
  const definitionOf = (entry: Entry) => {
    const definition = definitions.get(entry)
    if (definition !== undefined) return definition
    throw achievementNotFound(entry.item.titleId, entry.item.achievementId)
  }
  const judged = judge(services, { now, ledger, answers, definitionOf }, entries)

  for (const [index, item] of items.entries()) {
    if (judged[index] instanceof LaurelError) sheetOf(item).isRefused = true
  }
  const { progress, events } = ledger.changes
  for (const record of progress) sheetOf(record).progress.push(record)
  for (const change of [...progress, ...answers.given]) sheetOf(change).isChanged = true
  const kept = opened.filter(({ isRefused }) => !isRefused).sort(byKey)
  const ofKept = <Key extends SheetKey>(keys: readonly Key[]): readonly Key[] =>
    kept.length === opened.length ? keys : keys.filter((key) => !sheetOf(key).isRefused)
  const writes = new Map(kept.map((sheet) => [sheet, toWrite(sheet, ledger)]))
  const write: StandingsWrite = {
    sheets: [...writes.values()],
    progress: ofKept(progress),
    events: ofKept(events),
    answers: ofKept(answers.given),
    definitions: [...new Set(entries.filter(({ item }) => !sheetOf(item).isRefused).map(definitionOf))],
    time: now,
  }
  const written = await send(services, write)
  for (const [{ name, progress }, one] of writes) {
    if (written.has(one)) standings.put(name, one.after, one.before, progress)
    else standings.forget(name)
  }
  if (written.size === opened.length) return judged
  // Whichever it was: they are read anew.
  if (written.size < writes.size) services.definitions.forget(write.definitions)
  return judged.map((answer, index) => {
    const one = writes.get(sheetOf(items[index] as SheetKey))
    return one !== undefined && written.has(one) ? answer : undefined
  })
}

/** It waits for nobody, so nobody has to stop it. */
async function send({ store }: Services, write: StandingsWrite): Promise<ReadonlySet<SheetWrite>> {
  if (write.sheets.length === 0) return new Set()
  const { signal } = new AbortController()
  return new Set(await store.single(signal, (queries) => queries.writeStandings(write)))
}

/** Those that there are, by who reports on them. */
async function findDefinitions(
  { definitions, store }: Services,
  entries: readonly Entry[],
): Promise<ReadonlyMap<Entry, StoredAchievement>> {
  const missing = entries.filter(({ item }) => definitions.get(item) === undefined).map(({ item }) => item)
  if (missing.length > 0) {
    const { signal } = new AbortController()
    await store.read(signal, (queries) => definitions.load(queries, missing))
  }
  const found = new Map<Entry, StoredAchievement>()
  for (const entry of entries) {
    const definition = definitions.get(entry.item)
    if (definition !== undefined) found.set(entry, definition)
  }
  return found
}

function toWrite({ before, sheet, achievementIds, isChanged }: OpenSheet, ledger: Ledger): SheetWrite {
  const after = ledger.sheetOf(sheet)
  const isRaised = before !== undefined && isChanged
  return { before, after: isRaised ? { ...after, version: before.version + 1n } : after, achievementIds }
}

function byKey({ sheet: left }: OpenSheet, { sheet: right }: OpenSheet): number {
  if (left.playerId !== right.playerId) return left.playerId < right.playerId ? -1 : 1
  return left.titleId < right.titleId ? -1 : 1
}
