import type { AchievementJson } from '../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { iconOf, nameOf } from '../records/achievement.ts'
import { pathTo } from '../router.ts'
import { Picture } from './picture.tsx'

interface AchievementNameProps {
  readonly achievement: AchievementJson
  readonly titleId: string
  /** The state whose picture is shown. */
  readonly state: 'LOCKED' | 'UNLOCKED'
}

/** An achievement in a table: its picture, its name and its code, with a link to its page. */
export function AchievementName({ achievement, titleId, state }: AchievementNameProps) {
  const { achievementId = '' } = achievement
  return (
    <span class="achievement-name">
      <Picture url={iconOf(achievement, state)?.url} name={nameOf(achievement)} />
      <span class="achievement-lines">
        <a href={pathTo('titles', titleId, 'achievements', achievementId)} dir="auto">
          {nameOf(achievement)}
        </a>
        <code dir="auto">{achievementId}</code>
      </span>
    </span>
  )
}
