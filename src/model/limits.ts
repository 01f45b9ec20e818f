/**
 * The limits of records, for each way in. The protos state the same numbers. A character is a Unicode code point, whatever the
 * way in: `isLongerThan` counts.
 */
export const LIMITS = {
  /** Characters of ids: of titles, achievements, players, accounts, stats, requirements, and of tags. */
  id: 128,
  requestId: 128,
  /** Characters of the name of a migration job's input. */
  sourceName: 512,
  text: 4096,
  locale: 35,
  translations: 100,
  requirements: 64,
  rewards: 32,
  media: 64,
  tags: 64,
  /** The highest position in a list. */
  listOrder: 2 ** 31 - 1,
  platforms: 64,
  titleAssociations: 64,
  accounts: 64,
  /** Dialects in the bindings, ids or extensions of a record. */
  dialects: 64,
  /** Ids of one binding. */
  bindingIds: 16,
  /** Bytes of the JSON text of one dialect's extension. */
  extensionBytes: 2 ** 20,
  /** As `extensionBytes`, of a player's progress or totals: a batch of reports reads and writes a thousand of them. */
  progressExtensionBytes: 64 * 2 ** 10,
  /** Values in all extensions of one record, nested ones included. */
  extensionValues: 5_000,
  /** Values in one entry of a document, nested ones included: more than a record within its limits is written with. */
  entryValues: 10_000,
  /** Characters of the reason of a revoke, a restore or a reset. */
  reason: 1024,
  batchItems: 1000,
  /** Achievements that one plan changes. */
  planChanges: 10_000,
  /** Bytes of the definitions of one plan, before and after. */
  planBytes: 64 * 2 ** 20,
  /** Plans, and bytes of their definitions, that are kept of one title: of applied plans, and of the others. */
  titlePlans: 100,
  titlePlanBytes: 256 * 2 ** 20,
  statUpdates: 100,
  /** States, or kinds, that a filter can name. */
  choices: 64,
  /** Fields that the mask of an update can name. */
  maskPaths: 64,
  /** Achievements, or players, in a filter of events. */
  filterIds: 1000,
  /** Of one title: servers poll each of them several times a second. */
  destinations: 100,
  /** Bytes and entries of a document that a player translates. */
  playerDocumentBytes: 2 ** 18,
  playerDocumentEntries: 1000,
  /** Entries in the mapping of an import. */
  mapping: 10_000,
  /** Values, and texts of a list, in the mapping of a migration job. */
  mappedTexts: 100,
  /** Bytes of one message that is received, decompressed. */
  messageBytes: 4 * 2 ** 20,
  /** Characters of a page token: those of lists that may be reordered hold up to 100,000 digests. */
  pageToken: 1_100_000,
  /** Fields and elements of lists that one message holds, those of messages inside it too. */
  messageValues: 40_000,
} as const
