import type { Violation } from '../../../model/errors.ts'
import type { LazySource, MigrationJob } from '../../../model/migration-job.ts'

export type LazyJob = MigrationJob & { readonly lazySource: LazySource }

/** The ids that a request names. */
export interface FetchedPlayer {
  readonly playerId: string
  /** In the mapping's dialect; undefined if the player has none. */
  readonly account: string | undefined
}

/** Reads a player's document from another system; implemented by `src/outbound`. */
export interface LazyFetcher {
  /** Returns the problems that show without a call. Field names are relative to the source: `url`. */
  check(source: LazySource): readonly Violation[]
  /**
   * Returns the document; undefined if the system has none of the player.
   * @throws Error for a failure, and while the system's circuit breaker is open
   */
  fetch(
    source: LazySource,
    titleId: string,
    player: FetchedPlayer,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined>
}

/** Pulls since the start of the process. `late`: calls that went on without the player's progress. */
export type PullCounts = Record<'pulled' | 'failed' | 'late', number>

/** Reads the progress of players from other systems before their first calls. */
export interface LazyPulls {
  readonly counts: Readonly<PullCounts>
  readonly fetcher: LazyFetcher
  /** Whether no title has a lazy source. */
  readonly isIdle: boolean
  start(): void
  stop(): Promise<void>
  /** Reads which titles have a lazy source. */
  refresh(): Promise<void>
  /** Returns undefined if the player is not to be read, else a promise for the end of the wait. It never rejects. */
  ensurePulled(titleId: string, playerId: string): Promise<void> | undefined
  /** Reads the players whose pull has failed, or was given up by its server, and is due. */
  retryDue(): Promise<void>
}
