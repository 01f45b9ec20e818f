import type { StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { Sheet, SheetKey } from '../../store/sheets.ts'
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
  const sheetsOfEntries = await openSheets(services, standings, items, now)
  const sheets = new Map(sheetsOfEntries.map((sheet) => [sheet.name, sheet]))
  const opened = [...sheets.values()]

  const ledger = new Ledger(
    opened.map(({ after }) => after),
    opened.flatMap(({ found }) => found),
  )
  const answers = new Answers()
  const definitionOf = (entry: Entry) => {
    const definition = definitions.get(entry)
    if (definition !== undefined) return definition
    throw achievementNotFound(entry.item.titleId, entry.item.achievementId)
  }
  const judged = judge(services, { now, ledger, answers, definitionOf }, entries)

  for (const [index, entry] of entries.entries()) {
    const sheet = sheetsOfEntries[index] as OpenSheet
    if (judged[index] instanceof LaurelError) sheet.isRefused = true
    else sheet.definitions.add(definitionOf(entry))
  }
  const sheetOf = (key: SheetKey) => sheets.get(sheetKey(key)) as OpenSheet
  const { progress, events } = ledger.changes
  for (const record of progress) sheetOf(record).progress.push(record)
  for (const event of events) sheetOf(event).events.push(event)
  for (const answer of answers.given) sheetOf(answer).answers.push(answer)
  const kept = opened.filter(({ isRefused }) => !isRefused).sort(byKey)
  for (const sheet of kept) sheet.after = afterAll(sheet, ledger)

  const written = await write(services, kept, now)
  for (const sheet of opened) {
    const { name, after, before, found } = sheet
    if (written.has(sheet)) standings.put(name, after, before, [...found, ...sheet.progress])
    else standings.forget(name)
  }
  if (written.size === opened.length) return judged
  // Whatever it was that had changed: it is read anew.
  const left = kept.filter((sheet) => !written.has(sheet))
  services.definitions.forget(left.flatMap((sheet) => [...sheet.definitions]))
  return judged.map((answer, index) =>
    written.has(sheetsOfEntries[index] as OpenSheet) ? answer : undefined,
  )
}

/** Gives those that were written. It waits for nobody, so nobody has to stop it. */
async function write(
  { store }: Services,
  sheets: readonly OpenSheet[],
  now: Instant,
): Promise<ReadonlySet<OpenSheet>> {
  if (sheets.length === 0) return new Set()
  const { signal } = new AbortController()
  return new Set(await store.single(signal, (queries) => queries.writeStandings(sheets, now)))
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

/** One that changes has a new version. */
function afterAll({ before, after, progress, answers }: OpenSheet, ledger: Ledger): Sheet {
  const sheet = ledger.sheetOf(after)
  const isRaised = before !== undefined && progress.length + answers.length > 0
  return isRaised ? { ...sheet, version: before.version + 1n } : sheet
}

function byKey({ after: left }: OpenSheet, { after: right }: OpenSheet): number {
  if (left.playerId !== right.playerId) return left.playerId < right.playerId ? -1 : 1
  return left.titleId < right.titleId ? -1 : 1
}
