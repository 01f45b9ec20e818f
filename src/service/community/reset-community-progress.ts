import { mutateIdempotently } from '../idempotency.ts'
import { achievementNotFound, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ResetCommunityProgress {
  readonly titleId: string
  readonly achievementId: string
  /** Kept in the event that each contributor gets. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * Erases what all players contributed to a community achievement, claims included: it starts anew, and may unlock again.
 * Stat values stay, so that what they rise by from now on counts.
 */
export async function resetCommunityProgress(
  services: Services,
  request: ResetCommunityProgress,
  call: Call,
): Promise<void> {
  const { titleId, achievementId, reason } = request
  await mutateIdempotently(services, 'resetCommunityProgress', request, call, async (queries) => {
    // Nobody contributes or claims while it is locked.
    const [achievement] = await queries.achievements.lock(titleId, [achievementId])
    if (achievement === undefined) {
      await titleOf(queries, titleId)
      throw achievementNotFound(titleId, achievementId)
    }
    await queries.playerTitles.lockByAchievement(titleId, achievementId)
    await queries.community.deleteContributions(titleId, achievementId, {
      time: services.now(),
      actor: call.actor,
      reason,
      requestId: request.requestId ?? '',
    })
  })
}
