import type { LaurelError } from '../../../model/errors.ts'
import type { Instant } from '../../../model/instant.ts'
import type { ProgressResult, Report } from '../../../model/progress.ts'
import type { StatValue, StatWriter } from '../../../model/stat.ts'
import type { Store } from '../../../store/store.ts'
import type { DefinitionCache } from '../../achievements/definition-cache.ts'
import type { Call } from '../../call.ts'
import type { FollowedRequest } from '../../idempotency.ts'
import type { ContributionResult } from '../../stats/record-contributions.ts'
import type { StatUpdate } from '../../stats/stat-updates.ts'

/** How far from Laurel's clock the stated time of a report may lie. */
export interface TimeBounds {
  readonly maxBackdateSeconds: number
  /** Times up to this far ahead are taken as now. */
  readonly maxClockSkewSeconds: number
}

/** The parts that the writer works with, given by the composition root. */
export interface WriterParts {
  readonly store: Store
  readonly definitions: DefinitionCache
  readonly now: () => Instant
  readonly timeBounds: TimeBounds
  /** Runs a statement that writes a batch, for telemetry. */
  readonly observeBatch?: ObserveBatch
}

export interface RecordProgress extends FollowedRequest {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
  readonly report: Exclude<Report, { readonly kind: 'stat' | 'import' | 'definition' }>
  /** When it happened; undefined for now. */
  readonly occurredTime: Instant | undefined
  readonly requestId: string | undefined
}

export type ObserveBatch = (
  entries: readonly ReportEntry[],
  write: () => Promise<readonly (RecordOutcome | undefined)[]>,
) => Promise<readonly (RecordOutcome | undefined)[]>

/** One report, and the call that makes it. */
export interface ReportEntry {
  readonly request: RecordProgress
  readonly call: Call
}

/** The outcome of one report: its result, or the error that kept it from being recorded. */
export type RecordOutcome = ProgressResult | LaurelError

export interface RecordStats extends FollowedRequest {
  readonly titleId: string
  readonly playerId: string
  /** Applied in their order; all of them or none. */
  readonly updates: readonly StatUpdate[]
  readonly occurredTime: Instant | undefined
  readonly requestId: string | undefined
  /** The role of the caller. A player is a client; other callers are servers unless they say otherwise. */
  readonly writer?: StatWriter
}

export interface RecordStatsResult {
  /** The values after the updates, one for each named stat, in order of first mention. */
  readonly values: readonly StatValue[]
  /** The achievements that follow those stats and changed. */
  readonly progressResults: readonly ProgressResult[]
  /** The player's contributions to community achievements that follow those stats. */
  readonly contributions: readonly ContributionResult[]
}

/** One player's stat updates, and the call that makes them. */
export interface StatsEntry {
  readonly request: RecordStats
  readonly call: Call
}

export type StatsOutcome = RecordStatsResult | LaurelError
