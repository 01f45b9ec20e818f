import { NOT_STARTED } from '../../model/progress.ts'
import { achievementOf, lockAchievementShared, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { mutatePlayerTitle } from './mutate-player-title.ts'

export interface ResetProgress {
  readonly titleId: string
  readonly playerId: string
  /** Undefined for all of the title. */
  readonly achievementId: string | undefined
  /** Kept in the event. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * Erases progress: the player starts anew, and may unlock again. Stat values stay; an achievement that follows a
 * stat moves again with the stat's next update.
 */
export async function resetProgress(
  services: Services,
  request: ResetProgress,
  call: Call,
): Promise<{ readonly resetCount: number }> {
  const { titleId, achievementId } = request
  if (await hasNothing(services, request, call)) return { resetCount: 0 }
  return mutatePlayerTitle(
    services,
    'resetProgress',
    request,
    call,
    async (queries) => {
      if (achievementId !== undefined) return [await lockAchievementShared(queries, titleId, achievementId)]
      await titleOf(queries, titleId)
      return queries.achievements.lockShared(titleId, 'all')
    },
    async (queries, changes, now, held) => {
      const begun = new Set(
        (await queries.progress.listOfPlayerTitle(request)).map((record) => record.achievementId),
      )
      const definitions = held.filter(({ id }) => begun.has(id))
      for (const achievement of definitions) {
        const change = { kind: 'reset', time: now, actor: call.actor, reason: request.reason } as const
        changes.change(achievement, NOT_STARTED, {
          ...change,
          requestId: request.requestId ?? '',
        })
      }
      return { resetCount: definitions.length }
    },
  )
}

/** Whoever has nothing of the title loses nothing, and must not come to be by that. */
async function hasNothing(services: Services, request: ResetProgress, call: Call): Promise<boolean> {
  const { titleId, achievementId, requestId } = request
  if (requestId !== undefined) return false
  return services.store.read(call.signal, async (queries) => {
    if ((await queries.playerTitles.find(request)) !== undefined) return false
    if (achievementId === undefined) await titleOf(queries, titleId)
    else await achievementOf(queries, titleId, achievementId)
    return true
  })
}
