import type { Adapter, TitleFacts } from '../../dialect/adapter.ts'
import { pack } from '../../model/packed.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call, Services } from '../services.ts'
import { defaultLocaleOf, type FindTitleOptions, type FoundTitle, findTitle } from '../titles/find-title.ts'
import { dialectOf } from './dialects.ts'
import type { DocumentOptions, ImportPart } from './export-part.ts'
import {
  type BatchResult,
  type ImportSettings,
  importBatch,
  leftOut,
  type ReadyEntry,
} from './import-batch.ts'
import type { ImportStrategy } from './import-definitions.ts'
import { ImportTally } from './import-tally.ts'
import type { Mapping } from './match.ts'
import { checkDocument, type Entry, type LocaleOf, readEntries } from './read-entries.ts'
import { spool } from './spool.ts'

export interface ImportOptions extends DocumentOptions {
  readonly dialect: string
  /** Undefined to find it by the document's own ids. */
  readonly titleId: string | undefined
  readonly strategy: ImportStrategy
  /** Do everything, report it, and keep nothing. */
  readonly dryRun: boolean
  /** Whose progress the document tells, where it does not say so itself. */
  readonly playerId: string | undefined
  readonly mapping: Mapping
  readonly allowRebinding: boolean
}

const NOTHING: BatchResult = { outcomes: [], progress: [], losses: [] }

/** What of a document is written; definitions of one that is not are matched only, and progress is passed over. */
export type ImportScope = 'definitions' | 'progress' | 'both'

/** Entries of one transaction. */
const BATCH_SIZE = 500

/**
 * Brings a document in. All of it is read and checked first: one that is malformed, or of another title, changes
 * nothing. Then it is written batch by batch, each one transaction; an entry that is refused fails alone.
 * Importing the same document twice changes nothing the second time.
 */
export async function* importDocument(
  services: Services,
  scope: ImportScope,
  options: ImportOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<ImportPart> {
  const adapter = dialectOf(services, options.dialect)
  await using document = await spool(content, services.settings.maxDocumentBytes)
  const titles = new Map<string, TitleFacts>()
  const usual = await usualLocaleOf(services, options, call)
  const facts = await checkDocument(adapter, document, { ...options, locale: usual }, () => {
    titles.clear()
    return (record) => {
      titles.set(titleKey(record.title), record.title)
      return leftOut(record, '$', options.playerId)
    }
  })
  const writesDefinitions = scope !== 'progress'
  const wanted: FindTitleOptions = { ...options, canCreate: writesDefinitions, canBind: true }
  const settings: ImportSettings = { ...options, adapter, writesDefinitions }
  const localeOf = await localesOf(services, adapter, options, usual, titles, call)
  const tally = new ImportTally(facts.losses)
  // A document without entries makes its title all the same, when the caller names one.
  if (titles.size === 0 && options.titleId !== undefined)
    titles.set('', { binding: undefined, displayName: undefined, extensions: {} })
  let known: ReadonlyMap<string, FoundTitle> | undefined
  for await (const batch of batchesOf(readEntries(adapter, document, localeOf, facts.envelope))) {
    call.signal.throwIfAborted()
    if (known !== undefined && batch.every((entry) => 'error' in entry)) {
      yield tally.batch(batch, NOTHING, options.playerId)
      continue
    }
    const write = async (queries: Queries) => {
      const found = known ?? (await findTitles(services, queries, adapter, titles, wanted, call))
      const ready = batch.flatMap((entry) => readyEntry(entry, found, scope))
      return { found, result: await importBatch(services, queries, settings, ready, call) }
    }
    const { found, result } = await (options.dryRun
      ? tryOut(services, call, write)
      : services.store.write(call.signal, write))
    if (!options.dryRun) known = found
    tally.titles(found)
    yield tally.batch(batch, result, options.playerId)
  }
  yield tally.end()
}

function readyEntry(
  entry: Entry,
  found: ReadonlyMap<string, FoundTitle>,
  scope: ImportScope,
): readonly ReadyEntry[] {
  if ('error' in entry) return []
  const title = found.get(titleKey(entry.record.title))?.title
  if (title === undefined)
    throw new Error(`the title of ${entry.path} was not seen when the document was checked`)
  const alone = scope === 'definitions' ? { progress: undefined, summary: undefined } : {}
  const { path, shape, record } = entry
  return [{ path, shape, record: { ...record, ...alone }, titleId: title.id }]
}

async function findTitles(
  services: Services,
  queries: Queries,
  adapter: Adapter,
  titles: ReadonlyMap<string, TitleFacts>,
  wanted: FindTitleOptions,
  call: Call,
): Promise<ReadonlyMap<string, FoundTitle>> {
  const found = new Map<string, FoundTitle>()
  for (const [key, facts] of titles)
    found.set(key, await findTitle(services, queries, adapter, facts, wanted, call))
  return found
}

/** Texts are in the language that the caller says, else in that of the title that it names. */
async function usualLocaleOf(services: Services, options: ImportOptions, call: Call): Promise<string> {
  const { titleId, locale } = options
  if (locale !== undefined || titleId === undefined) return locale ?? 'en'
  const title = await services.store.read(call.signal, (queries) => queries.titles.find(titleId))
  return title?.defaultLocale ?? 'en'
}

/** Where the caller says neither language nor title, texts are in the language of the title that an entry names. */
async function localesOf(
  services: Services,
  adapter: Adapter,
  { titleId, locale }: ImportOptions,
  usual: string,
  titles: ReadonlyMap<string, TitleFacts>,
  call: Call,
): Promise<LocaleOf> {
  if (locale !== undefined || titleId !== undefined) return () => usual
  const locales = await services.store.read(call.signal, async (queries) => {
    const found = new Map<string, string | undefined>()
    for (const [key, facts] of titles) found.set(key, await defaultLocaleOf(queries, adapter, facts))
    return found
  })
  return (title) => (title === undefined ? undefined : locales.get(titleKey(title))) ?? usual
}

/** Runs a write and takes it back. */
async function tryOut<Result>(
  services: Services,
  call: Call,
  write: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  try {
    await services.store.write(call.signal, async (queries) => {
      throw new DryRun(await write(queries))
    })
  } catch (error) {
    if (error instanceof DryRun) return error.result as Result
    throw error
  }
  throw new Error('a dry run must not be kept')
}

class DryRun extends Error {
  readonly result: unknown

  constructor(result: unknown) {
    super('taken back')
    this.result = result
  }
}

/** Never empty altogether: a document without entries is one empty batch. */
async function* batchesOf(entries: AsyncIterable<Entry>): AsyncGenerator<readonly Entry[]> {
  let batch: Entry[] = []
  let count = 0
  for await (const entry of entries) {
    batch.push(entry)
    if (batch.length < BATCH_SIZE) continue
    yield batch
    count += 1
    batch = []
  }
  if (batch.length > 0 || count === 0) yield batch
}

function titleKey({ binding }: TitleFacts): string {
  return pack(binding ?? null)
}
