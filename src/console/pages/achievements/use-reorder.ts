import { useCallback, useRef, useState } from 'preact/hooks'
import { api } from '../../api.ts'
import { ApiError } from '../../api-error.ts'
import { toast } from '../../parts/toast.tsx'
import type { Achievements } from './use-achievements.ts'

interface Reorder {
  readonly error: unknown
  /** Moves an achievement to a position of the whole list. */
  readonly reorder: (achievementId: string, position: number) => void
}

/** Moves achievements at once here, and one after another on the server. The list is loaded again if the server has another order. */
export function useReorder(titleId: string, { list, apply, move, reload }: Achievements): Reorder {
  const [error, setError] = useState<unknown>()
  const latest = useRef(list)
  latest.current = list
  const last = useRef<Promise<void>>(Promise.resolve())
  const reorder = useCallback(
    (achievementId: string, listOrder: number) => {
      setError(undefined)
      move(achievementId, listOrder)
      const store = async () => {
        const { achievement } = await api.achievements.reorderAchievement({
          titleId,
          achievementId,
          listOrder,
        })
        const current = latest.current.find((each) => each.achievementId === achievementId)
        // The move has made another version of it, and a later one may have moved it on here.
        if (achievement && current) apply([{ ...achievement, listOrder: current.listOrder ?? listOrder }])
        if (
          last.current !== own ||
          (await hasStoredOrder(titleId, neighboursOf(latest.current, achievementId)))
        )
          return
        toast('Another person has changed the order meanwhile: this is the stored one.')
        reload()
      }
      const own = last.current.then(store).catch((thrown) => {
        setError(thrown)
        reload()
      })
      last.current = own
    },
    [titleId, apply, move, reload],
  )
  return { error, reorder }
}

type Item = Achievements['list'][number]

/** How many rows before and after a moved one are compared with the stored order. */
const NEAR_ROWS = 12

/** Returns an achievement of the list with those near it. */
function neighboursOf(list: readonly Item[], achievementId: string): readonly Item[] {
  const index = list.findIndex((each) => each.achievementId === achievementId)
  return list.slice(Math.max(0, index - NEAR_ROWS), index + NEAR_ROWS + 1)
}

async function hasStoredOrder(titleId: string, items: readonly Item[]): Promise<boolean> {
  const achievementIds = items.map(({ achievementId = '' }) => achievementId)
  try {
    const { achievements = [] } = await api.achievements.batchGetAchievements({ titleId, achievementIds })
    return items.every(({ listOrder }, index) => achievements[index]?.listOrder === listOrder)
  } catch (error) {
    // One of them is deleted.
    if (error instanceof ApiError && error.code === 'not_found') return false
    throw error
  }
}
