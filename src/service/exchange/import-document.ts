import type { Adapter, TitleFacts } from '../../dialect/adapter.ts'
import { pack } from '../../model/packed.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { checkMapping } from '../check-ids.ts'
import type { Services } from '../services.ts'
import { defaultLocaleOf, type FindTitleOptions, type FoundTitle, findTitle } from '../titles/find-title.ts'
import { auditImport, completeImport } from './audit-import.ts'
import { dialectOf } from './dialects.ts'
import type { DocumentOptions, ImportPart } from './document-parts.ts'
import {
  type BatchResult,
  type ImportSettings,
  importBatch,
  type ReadyEntry,
  unownedLosses,
} from './import-batch.ts'
import { batchesOf } from './import-batches.ts'
import type { ImportStrategy } from './import-definitions.ts'
import { ImportTally } from './import-tally.ts'
import type { Mapping } from './match.ts'
import { withPastTimes } from './past-times.ts'
import { readAhead } from './read-ahead.ts'
import { checkDocument, DEFAULT_LOCALE, type Entry, type LocaleOf, readEntries } from './read-entries.ts'
import { writeAndRollBack } from './roll-back.ts'

export interface ImportOptions extends DocumentOptions {
  readonly dialect: string
  /** Undefined to find the title by the ids in the document. */
  readonly titleId: string | undefined
  readonly strategy: ImportStrategy
  /** Imports and reports as usual, and rolls each batch back. */
  readonly dryRun: boolean
  /** The player that progress without an account belongs to. */
  readonly playerId: string | undefined
  readonly mapping: Mapping
  readonly allowRebinding: boolean
  /** Whether an unlock that the document states as revoked is revoked. Absent: it is not, and reported as drift. */
  readonly appliesRevocations?: boolean
}

export type ImportOnlyDefinitions = Omit<ImportOptions, 'playerId' | 'titleId'> & { readonly titleId: string }
export type ImportProgressOptions = Omit<ImportOptions, 'strategy' | 'allowRebinding'>

/** Imports definitions, and progress if the entry or the request names the player. */
export function importAchievements(
  services: Services,
  options: ImportOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  return importDocument(services, 'both', options, content, call)
}

/** Imports a title's definitions without progress, for callers who may not write progress. */
export function importOnlyDefinitions(
  services: Services,
  options: ImportOnlyDefinitions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  return importDocument(services, 'definitions', { ...options, playerId: undefined }, content, call)
}

/** Imports progress. Definitions in the document are only matched with existing achievements. */
export function importProgress(
  services: Services,
  options: ImportProgressOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  const definitions = { strategy: 'leave_out', allowRebinding: false } as const
  return importDocument(services, 'progress', { ...options, ...definitions }, content, call)
}

/** The part of a document that is written. Under `progress`, definitions are matched; under `definitions`, progress is skipped. */
type ImportScope = 'definitions' | 'progress' | 'both'

const EMPTY_RESULT: BatchResult = { outcomes: [], progress: [], losses: [] }

/**
 * Imports a document. The whole document is read and checked first: if it is malformed or belongs to another title,
 * nothing is written. Then it is written in batches, one transaction each; a rejected entry does not affect the others.
 * Importing the same document again changes nothing.
 */
async function* importDocument(
  services: Services,
  scope: ImportScope,
  options: ImportOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  const { playerId } = options
  const adapter = dialectOf(services, options.dialect)
  checkMapping(adapter, options.mapping)
  await using document = await services.spool.receive(content, call)
  const titles = new Map<string, TitleFacts>()
  const fallbackLocale = await fallbackLocaleOf(services, options, call)
  const facts = await checkDocument(adapter, document, { ...options, locale: fallbackLocale }, () => {
    titles.clear()
    return (record, path) => {
      const key = titleKey(record.title)
      const displayName = record.title.displayName ?? titles.get(key)?.displayName
      titles.set(key, { ...record.title, displayName })
      return [...unownedLosses(record, path, playerId), ...withPastTimes(record, path, services).losses]
    }
  })
  const writesDefinitions = scope !== 'progress'
  const titleOptions: FindTitleOptions = { ...options, canCreate: writesDefinitions, canBind: true }
  const settings: ImportSettings = { ...options, adapter, writesDefinitions }
  const localeOf = await localesOf(services, adapter, options, fallbackLocale, titles, call)
  const tally = new ImportTally(facts.losses)
  // A document without entries still creates the title that the caller names.
  if (titles.size === 0 && options.titleId !== undefined)
    titles.set('', { binding: undefined, displayName: undefined, extensions: {} })
  let committed: Committed | undefined
  try {
    const batches = batchesOf(readEntries(adapter, document, localeOf, facts.envelope))
    for await (const batch of readAhead(batches)) {
      call.signal.throwIfAborted()
      if (committed !== undefined && batch.every((entry) => 'error' in entry)) {
        yield tally.addBatch(batch, EMPTY_RESULT, playerId)
        continue
      }
      const write = async (queries: Queries) => {
        const first = committed ?? (await begin(queries))
        const ready = batch.flatMap((entry) => readyEntry(entry, first.found, scope))
        return { first, result: await importBatch(services, queries, settings, ready, call) }
      }
      const { first, result } = await (options.dryRun
        ? writeAndRollBack(services, call, write)
        : services.store.write(call.signal, write))
      if (!options.dryRun) committed = first
      tally.addTitles(first.found)
      yield tally.addBatch(batch, result, playerId)
    }
    yield tally.end()
  } finally {
    if (committed !== undefined) await completeImport(services, committed.entryIds, tally.summary)
  }

  async function begin(queries: Queries): Promise<Committed> {
    const found = await findTitles(services, queries, adapter, titles, titleOptions, call)
    const titleIds = [...found.values()].map(({ title }) => title.id)
    return { found, entryIds: await auditImport(services, queries, titleIds, call) }
  }
}

/** The writes that the first batch of an import makes for all. */
interface Committed {
  readonly found: ReadonlyMap<string, FoundTitle>
  /** The audit entries of the import. */
  readonly entryIds: readonly bigint[]
}

function readyEntry(
  entry: Entry,
  found: ReadonlyMap<string, FoundTitle>,
  scope: ImportScope,
): readonly ReadyEntry[] {
  if ('error' in entry) return []
  const title = found.get(titleKey(entry.record.title))?.title
  if (title === undefined)
    throw new Error(`the title of ${entry.path} was not found when the document was checked`)
  const { path, shape, record } = entry
  const imported = scope === 'definitions' ? { ...record, progress: undefined, summary: undefined } : record
  return [{ path, shape, record: imported, titleId: title.id }]
}

async function findTitles(
  services: Services,
  queries: Queries,
  adapter: Adapter,
  titles: ReadonlyMap<string, TitleFacts>,
  options: FindTitleOptions,
  call: Call,
): Promise<ReadonlyMap<string, FoundTitle>> {
  const found = new Map<string, FoundTitle>()
  for (const [key, facts] of titles)
    found.set(key, await findTitle(services, queries, adapter, facts, options, call))
  return found
}

/** Returns the caller's locale, else the default locale of the title that the caller names. */
async function fallbackLocaleOf(services: Services, options: ImportOptions, call: Call): Promise<string> {
  const { titleId, locale } = options
  if (locale !== undefined || titleId === undefined) return locale ?? DEFAULT_LOCALE
  const title = await services.store.read(call.signal, (queries) => queries.titles.find(titleId))
  return title?.defaultLocale ?? DEFAULT_LOCALE
}

/** If the caller names neither locale nor title, the locale is the default of the title that an entry names. */
async function localesOf(
  services: Services,
  adapter: Adapter,
  { titleId, locale }: ImportOptions,
  fallbackLocale: string,
  titles: ReadonlyMap<string, TitleFacts>,
  call: Call,
): Promise<LocaleOf> {
  if (locale !== undefined || titleId !== undefined) return () => fallbackLocale
  const locales = await services.store.read(call.signal, async (queries) => {
    const found = new Map<string, string | undefined>()
    for (const [key, facts] of titles) found.set(key, await defaultLocaleOf(queries, adapter, facts))
    return found
  })
  return (title) => (title === undefined ? undefined : locales.get(titleKey(title))) ?? fallbackLocale
}

function titleKey({ binding }: TitleFacts): string {
  return pack(binding ?? null)
}
