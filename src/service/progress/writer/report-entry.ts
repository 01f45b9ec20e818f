import type { LaurelError } from '../../../model/errors.ts'
import type { Call } from '../../services.ts'
import type { RecordProgress } from '../record-progress.ts'
import type { ProgressResult } from './apply-report.ts'

/** One report, and who makes it: for as long as they wait for its answer. */
export interface Entry {
  readonly item: RecordProgress
  readonly by: Call
}

/** What became of it: a result, or the error that kept it from being recorded. */
export type RecordOutcome = ProgressResult | LaurelError
