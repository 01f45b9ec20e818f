import { type StoredAchievement, scoreOf } from '../../../model/achievement.ts'
import type { Instant } from '../../../model/instant.ts'
import { NOT_STARTED, type Progress } from '../../../model/progress.ts'
import type { Extensions } from '../../../model/title.ts'
import type { PlayerTitle } from '../../../store/progress/player-titles.ts'
import type { ProgressEvent, ProgressRecord } from '../../../store/progress/progress.ts'

/** What a change is told as. */
export type Change = Pick<ProgressEvent, 'kind' | 'time' | 'actor' | 'reason' | 'requestId'>

/**
 * What one transaction changes of a player's standing in one title: changed in memory as often as need be, with an
 * event for each change and the totals kept along. What it begins with is locked, or made sure of when the changes are
 * written.
 */
export class PlayerTitleChanges {
  readonly #found: ReadonlyMap<string, Progress>
  readonly #changed = new Map<string, Progress>()
  readonly #events: ProgressEvent[] = []
  #playerTitle: PlayerTitle
  #hasNewTotals = false
  #isShrunk = false

  /** `found` is by achievement. */
  constructor(playerTitle: PlayerTitle, found: ReadonlyMap<string, Progress>) {
    this.#playerTitle = playerTitle
    this.#found = found
  }

  /** As it is now. */
  get playerTitle(): PlayerTitle {
    return this.#playerTitle
  }

  /** Whether the sheet is not what it was in the beginning. */
  get hasNewTotals(): boolean {
    return this.#hasNewTotals
  }

  /** Whether it lost an unlock: its last unlock must be looked up anew. */
  get isShrunk(): boolean {
    return this.#isShrunk
  }

  /** What has changed so far, as it is now. */
  get progress(): readonly ProgressRecord[] {
    const { playerId, titleId } = this.#playerTitle
    const records: ProgressRecord[] = []
    for (const [achievementId, progress] of this.#changed) {
      records.push({ playerId, titleId, achievementId, progress })
    }
    return records
  }

  /** What is told of it. */
  get events(): readonly ProgressEvent[] {
    return this.#events
  }

  progressOf(achievementId: string): Progress {
    return this.#changed.get(achievementId) ?? this.#found.get(achievementId) ?? NOT_STARTED
  }

  /** Records what the progress is from now on, and tells it. */
  change(
    achievement: Pick<StoredAchievement, 'id' | 'rewards'>,
    next: Progress,
    { kind, time, actor, reason, requestId }: Change,
  ): void {
    const { playerId, titleId } = this.#playerTitle
    const achievementId = achievement.id
    const difference = Number(counts(next)) - Number(counts(this.progressOf(achievementId)))
    this.#changed.set(achievementId, next)
    this.#events.push({
      playerId,
      titleId,
      achievementId,
      kind,
      time,
      actor,
      reason,
      requestId,
      progress: next,
    })
    if (difference === 0) return
    const { unlockedCount, score, lastUnlockTime } = this.#playerTitle
    this.#put({
      ...this.#playerTitle,
      unlockedCount: unlockedCount + difference,
      score: score + BigInt(difference) * scoreOf(achievement),
      lastUnlockTime: difference > 0 ? later(lastUnlockTime, next.unlockTime) : lastUnlockTime,
    })
    if (difference < 0) this.#isShrunk = true
  }

  /** Keeps what a document said of the player's totals. */
  annotate(extensions: Extensions): void {
    this.#put({ ...this.#playerTitle, extensions: { ...this.#playerTitle.extensions, ...extensions } })
  }

  setLastUnlock(lastUnlockTime: Instant | undefined): void {
    this.#put({ ...this.#playerTitle, lastUnlockTime })
  }

  #put(playerTitle: PlayerTitle): void {
    this.#playerTitle = playerTitle
    this.#hasNewTotals = true
  }
}

/** Whether progress is among what its player has: achieved, and not taken back. */
function counts(progress: Progress): boolean {
  return progress.state === 'achieved' && !progress.revoked
}

function later(left: Instant | undefined, right: Instant | undefined): Instant | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return left > right ? left : right
}
