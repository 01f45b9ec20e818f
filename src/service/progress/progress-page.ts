import { NOT_STARTED } from '../../model/progress.ts'
import type { PlayerAchievement, PlayerAchievementFilter } from '../../store/progress/progress.ts'
import type { Queries } from '../../store/queries.ts'
import type { Services } from '../services.ts'
import type { PlayerProgress } from './list-progress.ts'

/** A page of a title's achievements with a player's standing on each, the definitions from memory where they are known. */
export async function readProgressPage(
  services: Pick<Services, 'definitions'>,
  queries: Queries,
  filter: PlayerAchievementFilter,
): Promise<readonly PlayerProgress[]> {
  const found = await queries.progress.listWithAchievements(filter)
  const progressList = await progressOf(services, queries, filter.titleId, found)
  return progressList ?? readProgressPage(services, queries, filter)
}

/** Undefined where one was deleted in between: a page that is short would be taken for the last. */
export async function progressOf(
  { definitions }: Pick<Services, 'definitions'>,
  queries: Queries,
  titleId: string,
  found: readonly PlayerAchievement[],
): Promise<readonly PlayerProgress[] | undefined> {
  const known = await definitions.at(queries, titleId, found)
  if (known.length < found.length) return undefined
  return known.map((achievement, index) => {
    const { listOrder, progress = NOT_STARTED } = found[index] as PlayerAchievement
    // Others may have pushed it along, which is no change of its own.
    return {
      achievement: achievement.listOrder === listOrder ? achievement : { ...achievement, listOrder },
      progress,
    }
  })
}
