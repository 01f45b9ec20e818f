import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import { LossReport } from '../../dialect/losses.ts'
import { encodeEntry, type Identities, type Translated } from '../../dialect/translate.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'
import { dialectOf } from './dialects.ts'
import type { DocumentOptions, ExportPart } from './document-parts.ts'
import { derivedIdentities } from './identities.ts'
import { DocumentOutput, purposeFor, shapeOf } from './output.ts'
import { checkDocument, lossesRejected, readEntries } from './read-entries.ts'
import { spool } from './spool.ts'

export interface TranslateOptions extends DocumentOptions {
  readonly from: string
  readonly to: string
  /** Undefined for the target dialect's own choice for each record. */
  readonly shape: string | undefined
}

/**
 * Translates a document from one dialect to another without storing anything. Ids that the target dialect needs are derived
 * from the ids in the document, so the same document always gets the same ids. The whole document is read before the first
 * part is sent, so that a malformed one yields none.
 * @throws LaurelError for a rejected entry, and for a document that is not JSON.
 */
export async function* translate(
  services: Pick<Services, 'dialects' | 'settings'>,
  options: TranslateOptions,
  content: AsyncIterable<Uint8Array>,
  call: Pick<Call, 'signal'>,
): AsyncGenerator<ExportPart> {
  const [from, to] = [dialectOf(services, options.from), dialectOf(services, options.to)]
  const shape = options.shape === undefined ? undefined : shapeOf(to, options.shape)
  await using document = await spool(content, services.settings.maxDocumentBytes)
  const facts = await checkDocument(from, document, options)
  const identities = derivedIdentities(to)
  const output = new DocumentOutput(to, shape?.name, facts.single)
  for await (const entry of readEntries(from, document, () => options.locale ?? 'en', facts.envelope)) {
    call.signal.throwIfAborted()
    if ('error' in entry) throw entry.error
    const { result: record, losses } = forAnotherDialect(from.id, to, entry.record, identities)
    const purpose = purposeFor(to, record, shape, entry.path)
    const context = { locale: options.locale, shape: shape?.name, purpose, account: undefined }
    const encoded = encodeEntry(to, record, context, identities)
    const allLosses = [...entry.losses, ...losses, ...encoded.losses]
    if (options.lossPolicy === 'reject' && allLosses.length > 0) throw lossesRejected(allLosses)
    const part = output.add(encoded.result, purpose, allLosses)
    if (part !== undefined) yield part
  }
  yield output.end(facts.losses)
}

/**
 * Returns the record without the ids that only its own dialect knows: the title's binding and the player's account.
 * Progress without a definition names the achievement by the id that the definition would get.
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
  const lacksDefinition = progress !== undefined && record.achievement === undefined && !to.hasCodes
  const achievementId = lacksDefinition ? identities.achievementId(record) : progress?.achievementId
  if (lacksDefinition && achievementId !== undefined) {
    report.coerced(
      ['progress', 'achievementId'],
      progress.achievementId,
      achievementId,
      `an id of ${to.displayName}`,
    )
  }
  const hasProgress =
    progress !== undefined && (progress.state !== 'not_started' || record.achievement === undefined)
  const result: Canonical = {
    ...record,
    title: { ...title, binding: undefined },
    progress: hasProgress
      ? { ...progress, account: undefined, achievementId: achievementId as string }
      : undefined,
    summary: summary && { ...summary, account: undefined },
  }
  return { result, losses: report.losses }
}
