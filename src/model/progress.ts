import type { StoredAchievement } from './achievement.ts'
import type { Reason } from './errors.ts'
import type { Instant } from './instant.ts'
import type { Quantity } from './quantity.ts'
import type { Extensions } from './title.ts'

export type ProgressState = 'not_started' | 'in_progress' | 'achieved'

/**
 * The source of an unlock time: `exact`, Laurel's clock; `reported`, a trusted caller; `imported`, another platform's
 * document; `unknown`, a document without a time.
 */
export type UnlockPrecision = 'exact' | 'reported' | 'imported' | 'unknown'

/** Names all that one player has in one title. */
export interface PlayerTitleKey {
  readonly playerId: string
  readonly titleId: string
}

export interface ProgressKey extends PlayerTitleKey {
  readonly achievementId: string
}

/** One player's progress on one achievement. */
export interface Progress {
  readonly state: ProgressState
  /** By requirement id; a requirement without a report is absent. */
  readonly values: Readonly<Record<string, Quantity>>
  /** The highest percent that was reported as one. It is never read back as less, whatever the target. */
  readonly reportedPercent: number
  /** floor(100 x done), 100 only when achieved. */
  readonly percent: number
  /** Set once. Undefined before the unlock, and if the precision is `unknown`. */
  readonly unlockTime: Instant | undefined
  readonly unlockPrecision: UnlockPrecision | undefined
  readonly firstReportTime: Instant | undefined
  readonly lastReportTime: Instant | undefined
  /** The start of the window in which the values were reported. Undefined if the achievement had none. */
  readonly windowStart: Instant | undefined
  /** Set by enforcement, beside the state, so that a restore needs no other data. */
  readonly revoked: boolean
  /** The actor of the last change. */
  readonly writer: string
  readonly extensions: Extensions
}

export const NOT_STARTED: Progress = {
  state: 'not_started',
  values: {},
  reportedPercent: 0,
  percent: 0,
  unlockTime: undefined,
  unlockPrecision: undefined,
  firstReportTime: undefined,
  lastReportTime: undefined,
  windowStart: undefined,
  revoked: false,
  writer: '',
  extensions: {},
}

/** An achievement and one player's progress on it. */
export interface PlayerProgress {
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

/** A report about one achievement of one player. */
export type Report =
  /** The value of a requirement is `quantity`; the id may be omitted if there is only one. */
  | { readonly kind: 'reach'; readonly requirementId: string | undefined; readonly quantity: Quantity }
  | { readonly kind: 'add'; readonly requirementId: string | undefined; readonly quantity: Quantity }
  /** The percent of the whole achievement, 0 to 100. */
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'unlock' }
  /** The new value of a stat, for each requirement that follows it. */
  | {
      readonly kind: 'stat'
      readonly statCode: string
      readonly quantity: Quantity
      /** The updates of the stat that a window counts. */
      readonly inWindow: StatUpdates
    }
  /** The stats that the achievement follows, by code, after a change of its definition. */
  | {
      readonly kind: 'definition'
      readonly stats: Readonly<Record<string, Quantity>>
      /** Requirements whose values are dropped, because they are of another stat. */
      readonly reset?: readonly string[]
    }
  /** The progress in another platform's document, with that platform's own state. */
  | {
      readonly kind: 'import'
      readonly state: ProgressState
      readonly percent: number
      readonly values: Readonly<Record<string, Quantity>>
      readonly unlockTime: Instant | undefined
      readonly revoked: boolean
      readonly extensions: Extensions
    }

/** The updates of a stat that one report stands for. */
export interface StatUpdates {
  /** The values before and after each `set` and `increment`. */
  readonly steps: readonly { readonly before: number; readonly after: number }[]
  /** The highest operand of a `max`; undefined if there was none. */
  readonly highest: number | undefined
  /** The lowest value that a `min` or `set` stated, or an `increment` lowered the stat to; undefined if there was none. */
  readonly lowest: number | undefined
}

/** The time and the author of a report. */
export interface ReportContext {
  readonly time: Instant
  /** Whether `time` is Laurel's clock or the caller's. */
  readonly precision: 'exact' | 'reported'
  readonly actor: string
  /** The player's values of stats that the achievement follows, by code, if they were read. */
  readonly stats?: Readonly<Record<string, Quantity>> | undefined
}

export type Rejection = Extract<
  Reason,
  | 'REQUIREMENT_UNKNOWN'
  | 'REQUIREMENT_AMBIGUOUS'
  | 'REQUIREMENT_FOLLOWS_STAT'
  | 'REQUIREMENT_FALLS'
  | 'NO_REQUIREMENT'
  | 'OUTSIDE_WINDOW'
  | 'COMMUNITY_GOAL'
  | 'NOT_LIVE'
>

export type Outcome =
  | {
      readonly kind: 'rejected'
      readonly reason: Rejection
      readonly detail: string
      /** The error's metadata beside the ids of the title and the achievement. */
      readonly metadata?: Readonly<Record<string, string>>
    }
  | (RecordedProgress & { readonly kind: 'recorded' })

interface RecordedProgress {
  readonly progress: Progress
  /** The requirements that are not met yet, in the order of the definition; empty once it is achieved. */
  readonly missing: readonly string[]
  /** False when the report did not exceed the stored progress. */
  readonly changed: boolean
  readonly newlyUnlocked: boolean
  readonly alreadyUnlocked: boolean
}

/** The result of one report, or of another change to one player's progress. */
export interface ProgressResult extends ProgressKey, RecordedProgress {}

/** Returns the value of a requirement. Its id may be that of an inherited member, such as `constructor`. */
export function valueAt(values: Progress['values'], requirementId: string): Quantity | undefined {
  return Object.hasOwn(values, requirementId) ? values[requirementId] : undefined
}
