import type { Loss, LossPolicy } from '../../dialect/losses.ts'
import type { LaurelError } from '../../model/errors.ts'
import type { Progress, ProgressKey } from '../../model/progress.ts'
import type { FieldChange } from './field-changes.ts'

export interface DocumentOptions {
  /** BCP-47 tag of texts whose language the document does not state; undefined for the title's default. */
  readonly locale: string | undefined
  readonly lossPolicy: LossPolicy
}

export interface DocumentSummary {
  readonly entryCount: number
  readonly lossCount: number
  /** The ids of achievements that the export created and stored. */
  readonly createdIdCount: number
}

/** A chunk of an exported document, with the losses of its entries. */
export interface ExportPart {
  readonly content?: Uint8Array
  readonly losses: readonly Loss[]
  /** In the last part only. */
  readonly summary?: DocumentSummary
}

/**
 * `new`: a record was created. `replaced`: the document changed the record. `unchanged`: the record has the same content.
 * `ignored`: the strategy leaves the record as it is. `failed`: the entry was rejected, without effect on the others.
 */
export type EntryKind = 'new' | 'replaced' | 'unchanged' | 'ignored' | 'failed'

/** The result of importing one entry. */
export interface EntryOutcome {
  /** JSON path of the entry. */
  readonly path: string
  /** Empty if the entry could not be decoded or matched. */
  readonly achievementId: string
  readonly kind: EntryKind
  readonly error: LaurelError | undefined
  /** In a dry run: ids of other achievements with the same name. */
  readonly possibleDuplicates: readonly string[]
  readonly drift: Drift | undefined
  /** In a dry run: the fields of the stored definition and progress that the entry would change. */
  readonly changes: readonly FieldChange[]
}

/** The stored progress of a player differs from the document's, and stays as it is. */
export interface Drift {
  readonly key: ProgressKey
  /** The progress that the document alone would give. */
  readonly imported: Progress
  readonly stored: Progress
}

/** The results of one batch of an import. A batch is one transaction. */
export interface ImportPart {
  readonly outcomes: readonly EntryOutcome[]
  readonly losses: readonly Loss[]
  /** In the last part only. */
  readonly summary?: ImportSummary
}

export interface ImportSummary {
  /** The title that the document was imported into; empty if its entries belong to several. */
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
