import { scoreOf } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import { mutateOnce } from '../idempotency.ts'
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
  await mutateOnce(services, 'deleteAchievement', request, call, async (queries) => {
    const [current] = await queries.lockAchievements(titleId, [achievementId])
    if (current === undefined) {
      await titleOf(queries, titleId)
      throw achievementNotFound(titleId, achievementId)
    }
    checkEtag(current, request.etag)
    const { force, requestId = '' } = request
    const inUse = async () =>
      (await queries.achievementHasProgress(titleId, achievementId)) ||
      (await queries.achievementHasContributions(titleId, achievementId))
    if (!force && (await inUse())) {
      const message = `players have progress on achievement ${achievementId}: set force to erase it too`
      throw new LaurelError('failed_precondition', 'ACHIEVEMENT_HAS_PROGRESS', message, {
        metadata: { titleId, achievementId },
      })
    }
    await queries.lockSheetsWith(titleId, achievementId)
    const told = { time: services.now(), actor: call.actor, reason: '', requestId }
    await queries.eraseProgressOfAchievement(titleId, achievementId, scoreOf(current), told)
    await queries.eraseContributions(titleId, achievementId, told)
    await queries.deleteAchievements(titleId, [achievementId])
    await queries.insertDefinitionEvents(titleId, [achievementId], told)
  })
}
