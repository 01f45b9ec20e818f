import type { AchievementJson } from '../../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import { api } from '../../api.ts'
import { useDebounced } from '../../parts/use-debounced.ts'
import { useQuery } from '../../parts/use-query.ts'

/** Returns how each dialect shows the draft, a moment after its last change. */
export function usePreview(titleId: string, draft: AchievementJson | undefined, locale: string) {
  const settled = useDebounced(draft, 300)
  return useQuery(
    async (signal) => {
      if (settled === undefined) return []
      // The etag is of the stored version, and is not compared here.
      const { etag, ...achievement } = settled
      return (await api.exchange.previewAchievement({ titleId, achievement, locale }, signal)).previews ?? []
    },
    [titleId, settled, locale],
  )
}
