import { scoreOf } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { achievementNotFound, checkEtag, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface DeleteAchievement {
  readonly titleId: string
  readonly achievementId: string
  readonly etag: string | undefined
  /** Erases what players have of it too. */
  readonly force: boolean
  readonly requestId: string | undefined
}

/** @throws LaurelError FAILED_PRECONDITION when players have progress on it and `force` is not set. */
export async function deleteAchievement(
  services: Services,
  request: DeleteAchievement,
  call: Call,
): Promise<void> {
  const { titleId, achievementId } = request
  await mutateIdempotently(services, 'deleteAchievement', request, call, async (queries) => {
    const [current] = await queries.achievements.lock(titleId, [achievementId])
    if (current === undefined) {
      await titleOf(queries, titleId)
      throw achievementNotFound(titleId, achievementId)
    }
    checkEtag(current, request.etag)
    const { force, requestId = '' } = request
    const inUse = async () =>
      (await queries.progress.existsForAchievement(titleId, achievementId)) ||
      (await queries.community.hasContributions(titleId, achievementId))
    if (!force && (await inUse())) {
      const message = `players have progress on achievement ${achievementId}: set force to erase it too`
      throw new LaurelError('failed_precondition', 'ACHIEVEMENT_HAS_PROGRESS', message, {
        metadata: { titleId, achievementId },
      })
    }
    await queries.playerTitles.lockByAchievement(titleId, achievementId)
    const told = { time: services.now(), actor: call.actor, reason: '', requestId }
    await queries.progress.deleteOfAchievement(titleId, achievementId, scoreOf(current), told)
    await queries.community.deleteContributions(titleId, achievementId, told)
    await queries.achievements.delete(titleId, [achievementId])
    await queries.events.insertDefinitionEvents(titleId, [achievementId], told)
  })
}
