import type { Media } from '../media/media.ts'
import type { ByteLimiter } from '../model/byte-limiter.ts'
import type { Instant } from '../model/instant.ts'
import type { Store } from '../store/store.ts'
import type { DefinitionCache } from './achievements/definition-cache.ts'
import type { FormatRecord } from './audit/record-change.ts'
import type { DestinationTester } from './destinations/destination-tester.ts'
import type { Feed } from './events/feed.ts'
import type { SafePosition } from './events/safe-position.ts'
import type { Dialect } from './exchange/dialects.ts'
import type { Spool } from './exchange/spool.ts'
import type { PictureSource } from './images/picture-source.ts'
import type { ImportTotals } from './migration-jobs/import-totals.ts'
import type { LazyPulls } from './migration-jobs/lazy/contract.ts'
import type { ProgressPages } from './progress/progress-pages.ts'
import type { TimeBounds } from './progress/writer/contract.ts'
import type { ProgressWriter } from './progress/writer/progress-writer.ts'
import type { ParseDefinition } from './records/definition-line.ts'
import type { PlayerCounts } from './titles/player-counts.ts'

/** The parts that use cases work with, built once by the composition root. */
export interface Services {
  readonly store: Store
  readonly dialects: ReadonlyMap<string, Dialect>
  readonly media: Media
  readonly now: () => Instant
  /** Returns 64 random bits. */
  readonly entropy: () => bigint
  readonly settings: Settings
  readonly spool: Spool
  readonly definitions: DefinitionCache
  /** The definitions of the plans that are being made. */
  readonly planMemory: ByteLimiter
  readonly progressWriter: ProgressWriter
  readonly progressPages: ProgressPages
  readonly playerCounts: PlayerCounts
  readonly safePosition: SafePosition
  readonly feed: Feed
  readonly destinationTester: DestinationTester
  readonly pictures: PictureSource
  readonly importTotals: ImportTotals
  readonly lazyPulls: LazyPulls
  readonly formatRecord: FormatRecord
  readonly parseDefinition: ParseDefinition
  readonly laurelVersion: string
  /** Called if an audit entry cannot be written, or completed, whose cause does not fail with it. */
  readonly onAuditFailure: (error: Error) => void
}

export interface Settings {
  readonly timeBounds: TimeBounds
}
