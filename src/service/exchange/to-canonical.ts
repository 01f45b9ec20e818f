import type { Adapter, Canonical, SummaryFacts } from '../../dialect/adapter.ts'
import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import type { JsonObject } from '../../model/json.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import type { Title } from '../../model/title.ts'
import type { PlayerTitle } from '../../store/progress/player-titles.ts'
import { derivedBinding } from './identities.ts'

/** A record as an adapter of the dialect takes it. */
export function recordOf(
  adapter: Adapter,
  title: Title,
  achievement: StoredAchievement | undefined,
  player?: { readonly account: string | undefined; readonly progress: Progress | undefined },
): Canonical {
  return {
    title: {
      binding: bindingOf(adapter, title),
      // One that nobody named is called by its id: that is no fact to be lost.
      displayName: title.displayName === title.id ? undefined : title.displayName,
      extensions: title.extensions,
    },
    achievement: achievement && definitionOf(achievement),
    progress:
      player &&
      achievement &&
      progressFacts(adapter, achievement, player.account, player.progress ?? NOT_STARTED),
    summary: undefined,
  }
}

/** What a dialect might say of it: a document does not say in whose records it is kept, nor in which state. */
export function definitionOf({
  titleId: _title,
  etag: _etag,
  ...definition
}: StoredAchievement): Achievement {
  return definition
}

/** The title's ids in the dialect, as far as it is bound there; what is missing of them is derived from its own id. */
function bindingOf(adapter: Adapter, title: Title) {
  const bound = title.bindings[adapter.id]
  return bound && { ...derivedBinding(adapter, title.id), ...bound }
}

function progressFacts(
  adapter: Adapter,
  achievement: StoredAchievement,
  account: string | undefined,
  progress: Progress,
): Canonical['progress'] {
  const { state, percent, values, unlockTime, revoked, extensions } = progress
  const achievementId = adapter.hasCodes ? achievement.id : (achievement.ids[adapter.id] ?? achievement.id)
  return { account, achievementId, state, percent, values, unlockTime, revoked, extensions }
}

/**
 * A player's totals of a title as a record. Where a document once said more than Laurel has seen itself, the
 * higher count stands, as in all progress.
 */
export function summaryRecordOf(
  adapter: Adapter,
  title: Title,
  playerTitle: PlayerTitle,
  maxScore: bigint,
  account: string | undefined,
): Canonical {
  const claimed = claimOf(playerTitle.extensions[adapter.id])
  const last = [playerTitle.lastUnlockTime, claimed.lastUnlockTime].filter((time) => time !== undefined)
  return {
    ...recordOf(adapter, title, undefined),
    summary: {
      account,
      unlockedCount: Math.max(playerTitle.unlockedCount, claimed.unlockedCount),
      score: greater(playerTitle.score, claimed.score),
      maxScore: greater(maxScore, claimed.maxScore),
      lastUnlockTime: last.length === 0 ? undefined : last.reduce(greater),
      extensions: claimed.extensions,
    },
  }
}

function claimOf(claim: JsonObject | undefined): Omit<SummaryFacts, 'account'> {
  const said = (claim ?? {}) as { readonly [member: string]: never }
  return {
    unlockedCount: Number(said['unlockedCount'] ?? 0),
    score: BigInt(said['score'] ?? 0),
    maxScore: BigInt(said['maxScore'] ?? 0),
    lastUnlockTime: said['lastUnlockTime'] === undefined ? undefined : BigInt(said['lastUnlockTime']),
    extensions: said['extensions'] ?? {},
  }
}

function greater(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
