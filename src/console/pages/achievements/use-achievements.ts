import { useCallback, useEffect, useState } from 'preact/hooks'
import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { allPages, api } from '../../api.ts'
import { withMoved } from './reorder.ts'

export interface Achievements {
  /** In list order. Complete once `isLoading` is false. */
  readonly list: readonly AchievementJson[]
  readonly total: number
  readonly error: unknown
  readonly isLoading: boolean
  /** Loads the list again; the old one stays until the new one is complete. */
  readonly reload: () => void
  /** Replaces changed achievements, and removes deleted ones. */
  readonly apply: (changed: readonly AchievementJson[], deleted?: readonly string[]) => void
  /** Moves an achievement to a position, as the server did. */
  readonly move: (achievementId: string, position: number) => void
}

/** The first rows appear after a small page; the others come in large ones. */
const FIRST_PAGE_SIZE = 60
const PAGE_SIZE = 1000

/** Loads all achievements of a title, so that filters and the order of thousands of rows need no call. */
export function useAchievements(titleId: string): Achievements {
  const [state, setState] = useState<Pick<Achievements, 'list' | 'total' | 'error' | 'isLoading'>>({
    list: [],
    total: 0,
    error: undefined,
    isLoading: true,
  })
  const [count, setCount] = useState(0)
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const load = async () => {
      const list: AchievementJson[] = []
      const pages = allPages((pageToken) =>
        api.achievements.listAchievements(
          { titleId, pageToken, pageSize: pageToken === '' ? FIRST_PAGE_SIZE : PAGE_SIZE },
          signal,
        ),
      )
      for await (const { achievements = [], totalSize = 0, nextPageToken } of pages) {
        list.push(...achievements)
        if (count === 0 || !nextPageToken)
          setState({ list: [...list], total: totalSize, error: undefined, isLoading: Boolean(nextPageToken) })
      }
    }
    load().catch((error) => {
      if (!signal.aborted) setState((before) => ({ ...before, error, isLoading: false }))
    })
    return () => controller.abort()
  }, [titleId, count])
  const apply = useCallback<Achievements['apply']>((changed, deleted = []) => {
    const byId = new Map(changed.map((achievement) => [achievement.achievementId, achievement]))
    setState((before) => {
      const rest = before.list.filter(({ achievementId = '' }) => !deleted.includes(achievementId))
      const list = rest.map((achievement) => byId.get(achievement.achievementId) ?? achievement)
      return { ...before, list, total: before.total - (before.list.length - rest.length) }
    })
  }, [])
  const move = useCallback<Achievements['move']>((achievementId, position) => {
    setState((before) => ({ ...before, list: withMoved(before.list, achievementId, position) }))
  }, [])
  const reload = useCallback(() => setCount((before) => before + 1), [])
  return { ...state, reload, apply, move }
}
