import { NOT_STARTED } from '../model/progress.ts'
import type { PlayerAchievementFilter } from '../store/progress.ts'
import type { Queries } from '../store/queries.ts'
import type { PlayerStanding } from './list-progress.ts'
import type { Services } from './services.ts'

/** A page of a title's achievements with a player's standing on each, the definitions from memory where they are known. */
export async function readStandings(
  { definitions }: Pick<Services, 'definitions'>,
  queries: Queries,
  filter: PlayerAchievementFilter,
): Promise<readonly PlayerStanding[]> {
  const found = await queries.playerAchievements(filter)
  const known = await definitions.at(queries, filter.titleId, found)
  // One was deleted in between: a page that is short would be taken for the last.
  if (known.length < found.length) return readStandings({ definitions }, queries, filter)
  const rows = new Map(found.map((row) => [row.id, row]))
  return known.map((achievement) => {
    const { listOrder = achievement.listOrder, progress = NOT_STARTED } = rows.get(achievement.id) ?? {}
    // Others may have pushed it along, which is no change of its own.
    return {
      achievement: achievement.listOrder === listOrder ? achievement : { ...achievement, listOrder },
      progress,
    }
  })
}
