import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import { LossReport } from '../../dialect/losses.ts'
import { encodeEntry, type Identities, type Translated } from '../../dialect/translate.ts'
import type { Call, Services } from '../services.ts'
import { dialectOf } from './dialects.ts'
import type { DocumentOptions, TranslatePart } from './export-part.ts'
import { derivedIdentities } from './identities.ts'
import { locationOf, Output, shapeOf } from './output.ts'
import { checkDocument, lossesRejected, readEntries } from './read-entries.ts'
import { spool } from './spool.ts'

export interface TranslateOptions extends DocumentOptions {
  readonly from: string
  readonly to: string
  /** Undefined for the shape that the other dialect has for it. */
  readonly shape: string | undefined
}

/**
 * Translates a document from one dialect to another, without any record being kept. Ids that the other dialect
 * needs are derived from the document's own: the same document always gives the same ids.
 * The whole document is read before the first part comes: a malformed one gives none.
 * @throws LaurelError for an entry that is refused, as for a document that is not JSON.
 */
export async function* translate(
  services: Pick<Services, 'dialects' | 'settings'>,
  options: TranslateOptions,
  content: AsyncIterable<Uint8Array>,
  call: Pick<Call, 'signal'>,
): AsyncGenerator<TranslatePart> {
  const [from, to] = [dialectOf(services, options.from), dialectOf(services, options.to)]
  const shape = options.shape === undefined ? undefined : shapeOf(to, options.shape)
  await using document = await spool(content, services.settings.maxDocumentBytes)
  const facts = await checkDocument(from, document, options)
  const identities = derivedIdentities(to)
  const output = new Output(to, shape?.name, facts.single)
  for await (const entry of readEntries(from, document, () => options.locale ?? 'en', facts.envelope)) {
    call.signal.throwIfAborted()
    if ('error' in entry) throw entry.error
    const { result: record, losses } = forAnotherDialect(from.id, to, entry.record, identities)
    const purpose = locationOf(to, record, shape, entry.path)
    const context = { locale: options.locale, shape: shape?.name, purpose, account: undefined }
    const encoded = encodeEntry(to, record, context, identities)
    const found = [...entry.losses, ...losses, ...encoded.losses]
    if (options.lossPolicy === 'reject' && found.length > 0) throw lossesRejected(found)
    const part = output.entry(encoded.result, purpose, found)
    if (part !== undefined) yield part
  }
  yield output.end(facts.losses)
}

/**
 * The record without the names that only its own dialect knows: the title's binding and the player's account.
 * Progress that comes without its definition names the achievement by the id that the definition would get.
 */
function forAnotherDialect(
  from: string,
  to: Adapter,
  record: Canonical,
  identities: Identities,
): Translated<Canonical> {
  if (from === to.id) return { result: record, losses: [] }
  const report = new LossReport()
  const { title, progress, summary } = record
  if (title.binding !== undefined) report.dropped(['title', 'binding'], title.binding, `ids of ${from}`)
  for (const [part, facts] of Object.entries({ progress, summary })) {
    if (facts?.account !== undefined)
      report.dropped([part, 'account'], facts.account, `a player's id in ${from}`)
  }
  const orphan = progress !== undefined && record.achievement === undefined && !to.hasCodes
  const achievementId = orphan ? identities.achievementId(record) : progress?.achievementId
  if (orphan && achievementId !== undefined) {
    report.coerced(
      ['progress', 'achievementId'],
      progress.achievementId,
      achievementId,
      `an id of ${to.displayName}`,
    )
  }
  const begun =
    progress !== undefined && (progress.state !== 'not_started' || record.achievement === undefined)
  const result: Canonical = {
    ...record,
    title: { ...title, binding: undefined },
    progress: begun ? { ...progress, account: undefined, achievementId: achievementId as string } : undefined,
    summary: summary && { ...summary, account: undefined },
  }
  return { result, losses: report.losses }
}
