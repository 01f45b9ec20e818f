import type { Transactions } from './guard.ts'
import type { Queries } from './queries.ts'

/** The statements that write reports without a lock. */
export interface ReportQueries extends Pick<Queries, 'optimisticWrites'> {
  readonly players: Pick<Queries['players'], 'insertMissing' | 'deleteRows'>
}

export type ReportStore = Transactions<ReportQueries>
