import type { StoredAchievement } from './achievement.ts'
import type { Instant } from './instant.ts'
import type { Quantity } from './quantity.ts'
import type { Extensions } from './title.ts'

export type ProgressState = 'not_started' | 'in_progress' | 'achieved'

/**
 * How well an unlock time is known: `exact`, Laurel's own clock; `reported`, stated by a trusted caller;
 * `imported`, from another platform's document; `unknown`, unlocked at a time that nobody said.
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
  /** Current value by requirement id; a requirement without a report is absent. */
  readonly values: Readonly<Record<string, Quantity>>
  /** The highest percent that was reported as a percent: it reads back as itself whatever the target. */
  readonly reportedPercent: number
  /** floor(100 x done), 100 only when achieved. */
  readonly percent: number
  /** Set once, on the unlock, and never moved. Undefined until then, and when the precision is `unknown`. */
  readonly unlockTime: Instant | undefined
  readonly unlockPrecision: UnlockPrecision | undefined
  readonly firstReportTime: Instant | undefined
  readonly lastReportTime: Instant | undefined
  /** Taken back by enforcement, beside the state: a restore brings it back as it was. */
  readonly revoked: boolean
  /** Who wrote it last. */
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
  revoked: false,
  writer: '',
  extensions: {},
}

/** An achievement and one player's progress on it. */
export interface PlayerProgress {
  readonly achievement: StoredAchievement
  readonly progress: Progress
}

/** What a caller says about one achievement of one player. */
export type Report =
  /** The value of a requirement got as far as `quantity`; the id may be left out where there is only one. */
  | { readonly kind: 'reach'; readonly requirementId: string | undefined; readonly quantity: Quantity }
  | { readonly kind: 'add'; readonly requirementId: string | undefined; readonly quantity: Quantity }
  /** The whole achievement is this far, 0 to 100. */
  | { readonly kind: 'percent'; readonly percent: number }
  | { readonly kind: 'unlock' }
  /** A stat has a new value; moves each requirement that follows it. */
  | { readonly kind: 'stat'; readonly statCode: string; readonly quantity: Quantity }
  /** What another platform's document says, its own verdict on the state included. */
  | {
      readonly kind: 'import'
      readonly state: ProgressState
      readonly percent: number
      readonly values: Readonly<Record<string, Quantity>>
      readonly unlockTime: Instant | undefined
      readonly revoked: boolean
      readonly extensions: Extensions
    }

/** When a report happened, and who says so. */
export interface ReportContext {
  readonly time: Instant
  /** Whether `time` is Laurel's own clock or the caller's word. */
  readonly precision: 'exact' | 'reported'
  readonly writer: string
}

export type Rejection =
  | 'requirement_unknown'
  | 'requirement_ambiguous'
  | 'requirement_follows_stat'
  | 'requirement_falls'
  | 'no_requirement'
  | 'outside_window'
  | 'community_goal'

export type Outcome =
  | {
      readonly kind: 'rejected'
      readonly why: Rejection
      readonly detail: string
      /** The error's metadata beside the ids of the title and the achievement. */
      readonly metadata?: Readonly<Record<string, string>>
    }
  | (RecordedProgress & { readonly kind: 'recorded' })

interface RecordedProgress {
  readonly progress: Progress
  /** False when the report did not exceed the stored progress. */
  readonly changed: boolean
  readonly newlyUnlocked: boolean
  readonly alreadyUnlocked: boolean
}

/** The result of one report, or of another change to one player's progress. */
export interface ProgressResult extends ProgressKey, RecordedProgress {}

/** The value of a requirement, whatever its id is called. */
export function valueAt(values: Progress['values'], requirementId: string): Quantity | undefined {
  return Object.hasOwn(values, requirementId) ? values[requirementId] : undefined
}
