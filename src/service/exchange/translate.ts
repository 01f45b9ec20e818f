import type { Adapter, Canonical, Shape } from '../../dialect/adapter.ts'
import { tryReading } from '../../dialect/decode-error.ts'
import { type Loss, LossReport } from '../../dialect/losses.ts'
import { type Purpose, purposeOf } from '../../dialect/shapes.ts'
import {
  decodeEntry,
  encodeEntry,
  hasFacts,
  type Identities,
  reportForeignExtensions,
  type Translated,
} from '../../dialect/translate.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Services } from '../services.ts'
import { dialectOf } from './dialects.ts'
import type { DocumentOptions, ExportPart } from './document-parts.ts'
import { derivedIdentities, TitleSeeds } from './identities.ts'
import { DocumentOutput, type Languages, type OutputEntry, purposeFor, shapeOf } from './output.ts'
import { checkDocument, DEFAULT_LOCALE, readEntries } from './read-entries.ts'
import type { SpoolCall } from './spool.ts'

export interface TranslateOptions extends DocumentOptions {
  readonly from: string
  readonly to: string
  /** Undefined for the target dialect's own choice for each record. */
  readonly shape: string | undefined
}

/**
 * Translates a document from one dialect to another without storing anything. Ids that the target dialect needs are derived
 * from the title and the ids in the document, so the same document always gets the same ids, and other titles get others. The whole document is read before the first
 * part is sent, so that a malformed one yields none.
 * @throws LaurelError for a rejected entry, and for a document that is not JSON.
 */
export async function* translate(
  services: Pick<Services, 'dialects' | 'spool'>,
  options: TranslateOptions,
  content: AsyncIterable<Uint8Array>,
  call: SpoolCall,
): AsyncGenerator<ExportPart> {
  const [from, to] = [dialectOf(services, options.from), dialectOf(services, options.to)]
  const shape = options.shape === undefined ? undefined : shapeOf(to, options.shape)
  // Any player may translate, so the cost of one document is limited.
  const isPlayer = call.principal.kind === 'player'
  await using document = await services.spool.receive(
    content,
    call,
    isPlayer ? LIMITS.playerDocumentBytes : undefined,
  )
  const maxEntries = isPlayer ? LIMITS.playerDocumentEntries : undefined
  const purposes = new Set<Purpose | undefined>()
  let seeds = new TitleSeeds(from)
  const facts = await checkDocument(from, document, { ...options, maxEntries }, () => {
    seeds = new TitleSeeds(from)
    return (record) => {
      purposes.add(purposeOf(to, record, shape))
      seeds.add(record)
      return []
    }
  })
  const identities = derivedIdentities(to, seeds)
  const output = new DocumentOutput(withListFor(to, purposes), shape?.name, options.lossPolicy, facts.single)
  const readerLocale = options.locale ?? DEFAULT_LOCALE
  for await (const entry of readEntries(from, document, () => readerLocale, facts.envelope)) {
    call.signal.throwIfAborted()
    if ('error' in entry) throw entry.error
    const languages = { locale: options.locale, readerLocale }
    const translated = translateRecord(from.id, to, entry, shape, languages, identities)
    const losses = seeds.identifies(entry.record) ? [] : unidentifiedLosses(to, translated, identities)
    const part = output.add({
      ...translated,
      losses: [...translated.losses, ...losses],
      readingLosses: entry.losses,
    })
    if (part !== undefined) yield part
  }
  yield output.end(facts.losses)
}

/** Returns the loss of an entry with ids of a title, derived although the document does not say which title it is of. */
function unidentifiedLosses(
  to: Adapter,
  { record, json }: OutputEntry,
  identities: Identities,
): readonly Loss[] {
  const context = { locale: DEFAULT_LOCALE, envelope: {} }
  const written = tryReading(() => decodeEntry(to, json, context).result)
  if (written?.title.binding === undefined && written?.achievement?.ids[to.id] === undefined) return []
  const report = new LossReport()
  const detail =
    'nothing in the document identifies its title: these ids follow from its achievements, and change with them; name the title in the request when you import the translation'
  report.defaulted(['title', 'binding'], identities.binding(record), detail)
  return report.losses
}

/** Returns the dialect, with a bare array for entries of several purposes: no list of a platform holds them all. */
function withListFor(adapter: Adapter, purposes: ReadonlySet<unknown>): Adapter {
  if (purposes.size <= 1) return adapter
  return { ...adapter, envelope: { ...adapter.envelope, listMember: () => undefined, trailer: () => ({}) } }
}

/**
 * Writes a record of one dialect in another one.
 * @throws LaurelError if the dialect or the shape cannot hold it.
 */
export function translateRecord(
  from: string,
  to: Adapter,
  { record, path }: { readonly record: Canonical; readonly path: string },
  shape: Shape | undefined,
  languages: Languages,
  identities: Identities,
): OutputEntry {
  // Ids follow from the whole record: the title's ids in its own dialect are removed from the written one.
  const ofRecord: Identities = {
    binding: () => identities.binding(record),
    achievementId: () => identities.achievementId(record),
  }
  const { result, losses } = forAnotherDialect(from, to, record, shape, ofRecord)
  const purpose = purposeFor(to, result, shape, path)
  const context = { ...languages, shape: shape?.name, purpose, account: undefined }
  const encoded = encodeEntry(to, result, context, ofRecord)
  return { record, json: encoded.result, purpose, losses: [...losses, ...encoded.losses] }
}

/**
 * Returns the record without the ids that only its own dialect knows: the title's binding and the player's account.
 * Progress without a definition names the achievement by the id that the definition would get. Progress that says nothing is
 * written only if it is what the entry is about.
 */
function forAnotherDialect(
  from: string,
  to: Adapter,
  record: Canonical,
  shape: Shape | undefined,
  identities: Identities,
): Translated<Canonical> {
  if (from === to.id) return { result: record, losses: [] }
  const report = new LossReport()
  const { title, achievement, summary } = record
  if (title.binding !== undefined) report.dropped(['title', 'binding'], title.binding, `ids of ${from}`)
  const isRow = achievement === undefined || shape?.carries.includes('definition') === false
  let progress = isRow || hasFacts(record.progress) ? record.progress : undefined
  if (progress === undefined)
    reportForeignExtensions(to.id, 'progress', record.progress?.extensions ?? {}, report)
  for (const [part, facts] of Object.entries({ progress, summary })) {
    if (facts?.account !== undefined)
      report.dropped([part, 'account'], facts.account, `a player's id in ${from}`)
  }
  progress &&= { ...progress, account: undefined }
  if (progress !== undefined && achievement === undefined && !to.hasCodes) {
    const achievementId = identities.achievementId(record)
    const path = ['progress', 'achievementId']
    if (achievementId !== progress.achievementId)
      report.coerced(path, progress.achievementId, achievementId, `an id of ${to.displayName}`)
    progress = { ...progress, achievementId }
  }
  const result: Canonical = {
    ...record,
    title: { ...title, binding: undefined },
    progress,
    summary: summary && { ...summary, account: undefined },
  }
  return { result, losses: report.losses }
}
