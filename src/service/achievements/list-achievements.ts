import type { StoredAchievement } from '../../model/achievement.ts'
import type { AchievementOrder } from '../../store/achievements/achievements.ts'
import { readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Call, Page, Services } from '../services.ts'

export interface ListAchievements {
  readonly titleId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
  /** Has any of these; empty for no filter. */
  readonly tags: readonly string[]
  readonly hidden: boolean | undefined
  readonly orderBy: AchievementOrder
  readonly descending: boolean
}

export async function listAchievements(
  services: Services,
  request: ListAchievements,
  call: Call,
): Promise<Page<StoredAchievement>> {
  const { titleId, tags, hidden, orderBy, descending } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['achievements', titleId, tags, hidden, orderBy, descending],
      (after, limit) =>
        queries.achievements.list({ titleId, tags, hidden, orderBy, descending, after, limit }),
      (achievement) => ({ key: sortKey(achievement, orderBy), id: achievement.id }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}

function sortKey(achievement: StoredAchievement, orderBy: AchievementOrder): bigint {
  if (orderBy === 'create_time') return achievement.createTime
  return orderBy === 'update_time' ? achievement.updateTime : BigInt(achievement.listOrder)
}
