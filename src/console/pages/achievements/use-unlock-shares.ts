import { useCallback } from 'preact/hooks'
import { allPages, api } from '../../api.ts'
import { useQuery } from '../../parts/use-query.ts'

const PAGE_SIZE = 1000

/** Returns the percentage of a title's players who have unlocked an achievement; undefined until it is known. */
export function useUnlockShares(titleId: string): (achievementId: string) => number | undefined {
  const { data } = useQuery(
    async (signal) => {
      const percents = new Map<string, number>()
      const pages = allPages((pageToken) =>
        api.achievements.listUnlockTotals({ titleId, pageToken, pageSize: PAGE_SIZE }, signal),
      )
      for await (const { totals = [] } of pages) {
        for (const { achievementId = '', unlockedPercent = 0 } of totals) {
          percents.set(achievementId, Number(unlockedPercent))
        }
      }
      return percents
    },
    [titleId],
  )
  return useCallback((achievementId) => data?.get(achievementId), [data])
}
