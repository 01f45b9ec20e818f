import type { Adapter, Canonical, ProgressFacts } from '../../dialect/adapter.ts'
import { withAllIds } from '../../dialect/bindings.ts'
import { formatPath } from '../../dialect/losses.ts'
import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { importedExtensions, withImportedTotals } from '../../model/imported-totals.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import type { Title } from '../../model/title.ts'
import type { PlayerTitle } from '../../store/progress/player-titles.ts'

/** Returns the record that an adapter encodes. */
export function recordOf(
  adapter: Adapter,
  title: Title,
  achievement: StoredAchievement | undefined,
  player?: { readonly account: string | undefined; readonly progress: Progress | undefined },
): Canonical {
  return {
    title: {
      binding: bindingOf(adapter, title),
      // A title without a name of its own has its id as the name, which is not reported as a loss.
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

/** Returns the definition without what no document contains. */
export function definitionOf({
  titleId: _title,
  etag: _etag,
  statedTimes: _times,
  mintedIds: _ids,
  ...definition
}: StoredAchievement): Achievement {
  return definition
}

/** Returns the paths of the values that Laurel made and no document stated: a document without them loses nothing. */
export function pathsMadeByLaurel(
  { id: dialect }: Adapter,
  { id, ids, createTime, updateTime, statedTimes, mintedIds = {} }: StoredAchievement,
): ReadonlySet<string> {
  const made = new Set<string>()
  if (statedTimes?.createTime !== createTime) made.add('$.achievement.createTime')
  if (statedTimes?.updateTime !== updateTime) made.add('$.achievement.updateTime')
  for (const [other, minted] of Object.entries(mintedIds)) {
    if (ids[other] === minted) made.add(formatPath(['achievement', 'ids', other]))
  }
  // The code of a record whose document had none, and whose id was another record's code.
  if (id === `${dialect}-${ids[dialect]}`) made.add('$.achievement.id')
  return made
}

/** Returns the title's ids in a dialect that it is bound in, with all ids that follow from them. No others are made up. */
function bindingOf(adapter: Adapter, title: Title) {
  const bound = title.bindings[adapter.id]
  return bound && withAllIds(adapter, bound)
}

/** Returns a player's stored progress as a document states it. */
export function progressFacts(
  adapter: Adapter,
  achievement: StoredAchievement,
  account: string | undefined,
  progress: Progress,
): ProgressFacts {
  const { state, percent, values, unlockTime, revoked, extensions } = progress
  const achievementId = adapter.hasCodes ? achievement.id : (achievement.ids[adapter.id] ?? achievement.id)
  return { account, achievementId, state, percent, values, unlockTime, revoked, extensions }
}

/** Returns the record of a player's totals of a title: the higher of the counts of Laurel and of imported documents. */
export function summaryRecordOf(
  adapter: Adapter,
  title: Title,
  { unlockedCount, score, lastUnlockTime, extensions }: PlayerTitle,
  maxScore: bigint,
  account: string | undefined,
): Canonical {
  const own = importedExtensions(extensions, adapter.id)
  const totals = withImportedTotals({ unlockedCount, score, maxScore, lastUnlockTime }, extensions)
  return { ...recordOf(adapter, title, undefined), summary: { account, ...totals, extensions: own } }
}
