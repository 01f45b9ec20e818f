import type { Duration, Instant } from './instant.ts'
import type { LocalizedText } from './localized-text.ts'
import type { Quantity, ValueType } from './quantity.ts'
import type { DialectId, Extensions } from './title.ts'

/** A value rises to its target, or falls to it (a lap time). */
export type Operator = 'at_least' | 'at_most'

/** One condition of an achievement. An unlock needs all of them. */
export interface Requirement {
  /** Unique in its achievement. */
  readonly id: string
  /** The stat that it follows; undefined if its value is reported directly. */
  readonly statCode: string | undefined
  readonly operator: Operator
  /** Of the requirement's value type. Zero occurs in real documents. */
  readonly target: Quantity
  readonly valueType: ValueType
}

export type RewardKind = 'gamerscore' | 'in_app' | 'art'

export interface Reward {
  readonly kind: RewardKind
  /** Points for gamerscore, 0 to 999,999,999 in digits or empty; a developer's code for in_app; a URL for art. */
  readonly value: string
  readonly name: string | undefined
  readonly description: string | undefined
  readonly media: MediaAsset | undefined
}

export type MediaRole = 'icon' | 'locked_icon' | 'unlocked_icon' | 'art' | 'other'

export interface MediaAsset {
  /** `icon` serves both states; a locked or unlocked icon serves its own. */
  readonly role: MediaRole
  /** The dialect's name of the asset: a file name, a slug or a content hash. */
  readonly name: string
  /** May be empty: AccelByte exports icons that were never uploaded. */
  readonly url: string
}

/** Another title that shows the achievement: Xbox shares one set over several title ids. */
export interface TitleAssociation {
  readonly id: string
  readonly name: string
  readonly version: string | undefined
}

export interface TimeWindow {
  readonly start: Instant
  readonly end: Instant
}

/**
 * `draft`: for operators only, and takes no reports. `retired`: shown only to players who have unlocked it, and unlocks for no other
 * player.
 */
export type Lifecycle = 'draft' | 'live' | 'retired'

/** The definition of an achievement, the same for all players. */
export interface Achievement {
  /** The code: case kept, compared exactly, unique in its title. */
  readonly id: string
  /** Position in lists from 1; 0 if a document has none. */
  readonly listOrder: number
  readonly lifecycle: Lifecycle
  readonly name: LocalizedText
  /** Shown when unlocked. */
  readonly description: LocalizedText
  /** Shown until unlocked; undefined if `description` is for both. */
  readonly lockedDescription: LocalizedText | undefined
  /** Redacted in a player's view until unlocked. */
  readonly hidden: boolean
  /** Only servers may report progress (Discord's `secure`). */
  readonly serverOnly: boolean
  /** A challenge unlocks only inside its window. */
  readonly kind: 'persistent' | 'challenge'
  readonly window: TimeWindow | undefined
  /** `community`: all players of the title together, with one shared progress that a stat feeds. */
  readonly participation: 'individual' | 'group' | 'community'
  /** Empty for an achievement that is reported by unlock or percent. */
  readonly requirements: readonly Requirement[]
  readonly rewards: readonly Reward[]
  readonly media: readonly MediaAsset[]
  readonly tags: readonly string[]
  readonly platforms: readonly string[]
  readonly productId: string | undefined
  readonly deepLink: string | undefined
  readonly estimatedTime: Duration | undefined
  readonly titleAssociations: readonly TitleAssociation[]
  /** By dialect. */
  readonly ids: Readonly<Record<DialectId, string>>
  readonly extensions: Extensions
  /** By the source's clock; undefined if the source has no time. */
  readonly createTime: Instant | undefined
  readonly updateTime: Instant | undefined
}

/**
 * The origin of values that a document may state and Laurel makes otherwise. It holds while the definition still has the same
 * value.
 */
export interface Provenance {
  /** Times that a document stated. Other times are by Laurel's clock. */
  readonly statedTimes?: { readonly createTime?: Instant; readonly updateTime?: Instant } | undefined
  /** Ids that Laurel created, by dialect. All others were given. */
  readonly mintedIds?: Readonly<Record<DialectId, string>> | undefined
}

/** A definition as one write stored it. Its etag is the id of the revision. */
export interface AchievementRevision {
  readonly achievement: StoredAchievement
  readonly time: Instant
  /** Empty for the state from before revisions were kept. */
  readonly actor: string
  readonly requestId: string
}

/** A definition in the database. Each write changes its etag. */
export interface StoredAchievement extends Achievement, Provenance {
  readonly titleId: string
  readonly createTime: Instant
  readonly updateTime: Instant
  readonly etag: string
}

const POINTS = /^\d{1,9}$/

/** Returns the sum of the gamerscore rewards. Values that were stored before they were checked count as 0. */
export function scoreOf(achievement: Pick<Achievement, 'rewards'>): bigint {
  let score = 0n
  for (const { kind, value } of achievement.rewards) {
    if (kind === 'gamerscore' && POINTS.test(value)) score += BigInt(value)
  }
  return score
}

/** Returns why the value of a reward is refused; undefined if it is not. An empty one states no points. */
export function rewardValueProblem({ kind, value }: Pick<Reward, 'kind' | 'value'>): string | undefined {
  if (kind !== 'gamerscore' || value === '' || POINTS.test(value)) return undefined
  return 'must be a whole number from 0 to 999999999 for gamerscore'
}

/** Returns whether a player sees an achievement: it is live, or retired and unlocked by the player. */
export function isShown({ lifecycle }: Pick<Achievement, 'lifecycle'>, isUnlocked: boolean): boolean {
  return lifecycle === 'live' || (lifecycle === 'retired' && isUnlocked)
}
