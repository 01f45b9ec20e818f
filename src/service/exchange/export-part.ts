import type { Loss, LossPolicy } from '../../dialect/losses.ts'
import type { LaurelError } from '../../model/errors.ts'
import type { Drift } from './drift.ts'

/** A piece of a document that is written, with the losses of what it holds. */
export interface ExportPart {
  readonly content?: Uint8Array
  readonly losses: readonly Loss[]
  /** In the last part only. */
  readonly summary?: ExportSummary
}

export interface ExportSummary {
  readonly entryCount: number
  readonly lossCount: number
}

export type TranslatePart = ExportPart

/**
 * `new`: created. `replaced`: its record was changed by the document. `unchanged`: the record says it already.
 * `ignored`: the strategy keeps the record as it was. `failed`: the entry was refused, alone.
 */
export type EntryKind = 'new' | 'replaced' | 'unchanged' | 'ignored' | 'failed'

/** What became of one entry. */
export interface EntryOutcome {
  /** JSON path of the entry. */
  readonly path: string
  /** Empty when the entry could not be read so far. */
  readonly achievementId: string
  readonly kind: EntryKind
  readonly error: LaurelError | undefined
  /** In a dry run: achievements of the same name that the entry does not match. */
  readonly possibleDuplicates: readonly string[]
  /** Where the entry says less of a player's progress than is kept. */
  readonly drift: Drift | undefined
}

/** What one batch of an import did; a batch is one transaction. */
export interface ImportPart {
  readonly outcomes: readonly EntryOutcome[]
  readonly losses: readonly Loss[]
  /** In the last part only. */
  readonly summary?: ImportSummary
}

export interface ImportSummary {
  /** The title that the document was imported into; empty when its entries went to several. */
  readonly titleId: string
  readonly titleCreated: boolean
  readonly entryCount: number
  readonly newCount: number
  readonly replacedCount: number
  readonly unchangedCount: number
  readonly ignoredCount: number
  readonly failedCount: number
  readonly lossCount: number
  readonly progressChangedCount: number
  readonly newlyUnlockedCount: number
  readonly driftCount: number
}

export interface DocumentOptions {
  /** BCP-47 tag of texts whose language the document does not say; undefined for the title's default. */
  readonly locale: string | undefined
  readonly lossPolicy: LossPolicy
}
