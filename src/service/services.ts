import type { Media } from '../media/media.ts'
import type { Instant } from '../model/instant.ts'
import type { Principal } from '../model/principal.ts'
import type { Store } from '../store/store.ts'
import type { DefinitionCache } from './achievements/definition-cache.ts'
import type { DestinationTester } from './destinations/destination-tester.ts'
import type { Feed } from './events/feed.ts'
import type { SafePosition } from './events/safe-position.ts'
import type { Dialect } from './exchange/dialects.ts'
import type { ProgressWriter } from './progress/writer/progress-writer.ts'

/** What the use cases work with, given once by the composition root. */
export interface Services {
  readonly store: Store
  readonly dialects: ReadonlyMap<string, Dialect>
  readonly media: Media
  readonly now: () => Instant
  /** 64 random bits. */
  readonly entropy: () => bigint
  readonly settings: Settings
  readonly progressWriter: ProgressWriter
  /** What this process remembers of definitions. */
  readonly definitions: DefinitionCache
  /** Up to where events are settled. */
  readonly safePosition: SafePosition
  readonly feed: Feed
  readonly destinationTester: DestinationTester
}

export interface Settings {
  /** How far in the past a caller may state that something happened, in seconds. */
  readonly maxBackdateSeconds: number
  /** The largest document that is read, in bytes. */
  readonly maxDocumentBytes: number
}

/** One call: who makes it, and the signal that it is no longer wanted. */
export interface Call {
  readonly signal: AbortSignal
  readonly principal: Principal
  /** Kept with each change: whoever asks, or on whose behalf a trusted caller does. */
  readonly actor: string
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined
}

/**
 * Says who holds a credential: the text of an Authorization header, or of none.
 * @throws LaurelError UNAUTHENTICATED for one that is malformed, expired or of nobody that is known.
 */
export type Authenticate = (authorization: string | undefined, signal: AbortSignal) => Promise<Principal>
