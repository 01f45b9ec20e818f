import type { Canonical, TitleFacts } from '../../dialect/adapter.ts'
import { pack } from '../../model/packed.ts'
import type { Plan } from '../../model/plan.ts'
import type { Call } from '../call.ts'
import { checkMapping } from '../check-ids.ts'
import { dialectOf } from '../exchange/dialects.ts'
import type { DocumentOptions, EntryOutcome, ImportPart } from '../exchange/document-parts.ts'
import { definitionChanges } from '../exchange/field-changes.ts'
import { batchesOf } from '../exchange/import-batches.ts'
import { decideDefinitions, type ImportStrategy } from '../exchange/import-definitions.ts'
import { ImportTally } from '../exchange/import-tally.ts'
import { type Mapping, Matcher } from '../exchange/match.ts'
import { checkDocument, type Entry, readEntries } from '../exchange/read-entries.ts'
import { writeAndRollBack } from '../exchange/roll-back.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { findTitle } from '../titles/find-title.ts'
import { PlanDraft } from './plan-draft.ts'

export interface PlanImportOptions extends DocumentOptions {
  readonly dialect: string
  readonly titleId: string
  readonly strategy: ImportStrategy
  readonly mapping: Mapping
  readonly allowRebinding: boolean
}

/** As the parts of an import; the last part has the plan. */
export interface PlanPart extends ImportPart {
  readonly plan?: Plan
}

/**
 * Decides what the definitions of a document change, as an import would, and stores it as a plan. Changes no definition, binds no
 * title and reads no progress.
 * @throws LaurelError PLAN_OUTDATED if the title's definitions change meanwhile.
 */
export async function* planImport(
  services: Services,
  options: PlanImportOptions,
  content: AsyncIterable<Uint8Array>,
  call: Call,
): AsyncGenerator<PlanPart> {
  const { titleId, mapping } = options
  const adapter = dialectOf(services, options.dialect)
  checkMapping(adapter, mapping)
  await using document = await services.spool.receive(content, call)
  const title = await services.store.read(call.signal, (queries) => titleOf(queries, titleId))
  const locale = options.locale ?? title.defaultLocale
  const titles = new Map<string, TitleFacts>()
  const facts = await checkDocument(adapter, document, { ...options, locale }, () => {
    titles.clear()
    return (record) => {
      if (record.title.binding !== undefined) titles.set(pack(record.title.binding), record.title)
      return []
    }
  })
  const source = { source: 'document', sourceId: adapter.id } as const
  using draft = await PlanDraft.open(services, titleId, source, call)
  for (const each of titles.values()) {
    // Refuses a document of another title.
    await writeAndRollBack(services, call, (queries) =>
      findTitle(services, queries, adapter, each, { ...options, canCreate: false, canBind: true }, call),
    )
  }
  const tally = new ImportTally(facts.losses)
  for await (const batch of batchesOf(readEntries(adapter, document, () => locale, facts.envelope))) {
    call.signal.throwIfAborted()
    const ready = batch.flatMap((entry) => ('record' in entry ? [withoutProgress(entry)] : []))
    const records = ready.map(({ record }) => record)
    const matcher = await services.store.read(call.signal, (queries) =>
      Matcher.load(adapter, queries, titleId, records, mapping, 'listByIds'),
    )
    for (const { after } of draft.changes) if (after !== undefined) matcher.set(after)
    const context = {
      ...options,
      services,
      adapter,
      matcher,
      now: draft.time,
      lastListOrder: draft.lastListOrder,
    }
    const { results, changed, lastListOrder } = await decideDefinitions(context, ready)
    for (const after of changed.values()) draft.add(matcher.stored(after.id), after)
    draft.lastListOrder = lastListOrder
    const outcomes = ready.map(({ path, record }, index): EntryOutcome => {
      const { achievementId, kind, error, replaced } = results[index] as (typeof results)[number]
      const isLeftOut = kind === 'unchanged' && record.achievement === undefined
      return {
        path,
        achievementId,
        kind: error === undefined ? (isLeftOut ? 'ignored' : kind) : 'failed',
        error,
        possibleDuplicates: [],
        drift: undefined,
        changes: replaced === undefined ? [] : definitionChanges(replaced.before, replaced.after),
      }
    })
    const planned = batch.map((entry) => ('record' in entry ? withoutProgress(entry) : entry))
    yield tally.addBatch(planned, { outcomes, progress: [], losses: [] }, undefined)
  }
  tally.addTitles(new Map([['', { title, created: false }]]))
  yield { ...tally.end(), plan: await draft.store(call) }
}

function withoutProgress<Decoded extends Entry & { readonly record: Canonical }>(entry: Decoded): Decoded {
  return { ...entry, record: { ...entry.record, progress: undefined, summary: undefined } }
}
