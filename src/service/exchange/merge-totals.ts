import type { Adapter, Canonical, SummaryFacts } from '../../dialect/adapter.ts'
import {
  importedExtensions,
  type Totals,
  totalsToJson,
  withImportedTotals,
} from '../../model/imported-totals.ts'
import { type JsonObject, sameJson } from '../../model/json.ts'
import type { Extensions } from '../../model/title.ts'
import { asRead } from './baseline.ts'

/** A player's own totals, with those of documents as the extensions. */
export interface StoredTotals extends Totals {
  readonly extensions: Extensions
}

/** The part of an entry that says which totals it has. */
export interface TotalsEntry {
  readonly title: Canonical['title']
  readonly facts: SummaryFacts
  /** The name of the entry's shape; undefined if the dialect has only one. */
  readonly shape: string | undefined
}

/** The change of a player's totals by an entry. */
export interface TotalsChange {
  /** The document's totals as they are stored beside Laurel's own. */
  readonly stored: JsonObject
  /** The totals that are read, before and after. */
  readonly before: Totals
  readonly after: Totals
}

/**
 * Returns the news in an entry's totals, undefined if there are none: if they are stored already, or equal the baseline, which is what
 * an export of the totals would state. An export that is imported again must not keep the totals from falling after a revocation.
 */
export function mergeTotals(
  adapter: Adapter,
  current: StoredTotals,
  { title, facts, shape }: TotalsEntry,
): TotalsChange | undefined {
  const { extensions } = current
  const stored = totalsToJson(facts)
  if (sameJson(extensions[adapter.id] ?? null, stored)) return undefined
  const before = withImportedTotals(current, extensions)
  const { account } = facts
  const summary = { ...before, account, extensions: importedExtensions(extensions, adapter.id) }
  const record = { title, achievement: undefined, progress: undefined, summary }
  const baseline = asRead(adapter, record, { shape, purpose: 'summary', account }).summary
  if (baseline !== undefined && sameJson(totalsToJson(baseline), stored)) return undefined
  return { stored, before, after: withImportedTotals(current, { ...extensions, [adapter.id]: stored }) }
}
