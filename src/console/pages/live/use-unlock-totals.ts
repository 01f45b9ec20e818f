import { useMemo } from 'preact/hooks'
import { api } from '../../api.ts'
import { useInterval } from '../../parts/use-interval.ts'
import { usePages } from '../../parts/use-pages.ts'

const REFRESH_MILLISECONDS = 10_000

export interface UnlockTotals {
  /** Of the last refresh: a title that is deleted sends no event. */
  readonly error: unknown
  /** Returns the number of players who have an achievement, and their share from 0 to 100. */
  readonly of: (achievementId: string) => { readonly count: number; readonly percent: number }
}

/** How many players have unlocked each achievement of a title. */
export function useUnlockTotals(titleId: string): UnlockTotals {
  const { items, error, reload } = usePages(
    async (pageToken, signal) => {
      const page = await api.achievements.listUnlockTotals({ titleId, pageSize: 1000, pageToken }, signal)
      return { items: page.totals ?? [], nextPageToken: page.nextPageToken }
    },
    [titleId],
  )
  useInterval(reload, REFRESH_MILLISECONDS)
  return useMemo(() => {
    const totals = new Map(items.map((total) => [total.achievementId, total]))
    return {
      error,
      of: (achievementId) => {
        const { unlockedCount = 0, unlockedPercent = 0 } = totals.get(achievementId) ?? {}
        return { count: Number(unlockedCount), percent: Number(unlockedPercent) }
      },
    }
  }, [items, error])
}
