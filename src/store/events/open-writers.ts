/** Transactions that may still commit an event whose id is taken. Ids are unique within one `life` of the database. */
export interface OpenWriters {
  readonly writers: readonly string[]
  /** Prepared transactions of a cluster's nodes, by an id that they did not have as a writer. */
  readonly prepared: readonly string[]
}
