/** How much of anything a record may hold, however it comes in. The wire's contract states the same numbers. */
export const LIMITS = {
  /** Characters of ids: of titles, achievements, players, accounts, stats, requirements, and of tags. */
  id: 128,
  requestId: 128,
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
  /** Dialects that a record can be bound, named or extended in. */
  dialects: 64,
  /** Ids of one binding. */
  bindingIds: 16,
  /** Bytes of the JSON text of one dialect's extension. */
  extensionBytes: 2 ** 20,
  /** Characters of the reason of a revoke, a restore or a reset. */
  reason: 1024,
  pageSize: 1000,
  batchItems: 1000,
  statUpdates: 100,
  /** States, or kinds, that a filter can name. */
  choices: 64,
  /** Fields that the mask of an update can name. */
  maskPaths: 64,
  /** Achievements, or players, that a filter of events can name. */
  filterIds: 1000,
  /** Of one title: servers look for what there is to do for each of them several times a second. */
  destinations: 100,
  /** Achievements that an import can be told the meaning of. */
  mapping: 10_000,
  /** Bytes of one message that is received, decompressed. */
  messageBytes: 4 * 2 ** 20,
  /** Fields and elements of lists that one message holds, those of messages inside it too. */
  messageValues: 100_000,
} as const
