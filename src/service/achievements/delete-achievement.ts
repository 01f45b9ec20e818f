import { type StoredAchievement, scoreOf } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { NewEvent } from '../../store/events/event-rows.ts'
import type { Queries } from '../../store/queries.ts'
import { achievementChange } from '../audit/changes.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, lockAchievement } from '../require.ts'
import type { Services } from '../services.ts'

export interface DeleteAchievement {
  readonly titleId: string
  readonly achievementId: string
  readonly etag: string | undefined
  /** Also deletes the players' progress on it. */
  readonly force: boolean
  readonly requestId: string | undefined
}

/** @throws LaurelError ACHIEVEMENT_HAS_PROGRESS when players have progress on it and `force` is not set. */
export async function deleteAchievement(
  services: Services,
  request: DeleteAchievement,
  call: Call,
): Promise<void> {
  const { titleId, achievementId } = request
  await mutateIdempotently(services, 'deleteAchievement', { titleId }, request, call, async (queries) => {
    const current = await lockAchievement(queries, titleId, achievementId)
    checkEtag(current, request.etag)
    const { force, requestId = '' } = request
    const attribution = { time: services.now(), actor: call.actor, reason: '', requestId }
    await removeAchievement(queries, current, force, attribution)
    return { result: undefined, change: achievementChange(current, undefined) }
  })
}

/** Deletes an achievement that is locked, in the running transaction. @throws LaurelError ACHIEVEMENT_HAS_PROGRESS */
export async function removeAchievement(
  queries: Queries,
  current: StoredAchievement,
  force: boolean,
  attribution: Pick<NewEvent, 'time' | 'actor' | 'reason' | 'requestId'>,
): Promise<void> {
  const { titleId, id: achievementId } = current
  const inUse = async () =>
    (await queries.progress.existsForAchievement(titleId, achievementId)) ||
    (await queries.community.hasContributions(titleId, achievementId))
  if (!force && (await inUse())) {
    const message = `players have progress on achievement ${achievementId}: set force to delete it too`
    throw new LaurelError('failed_precondition', 'ACHIEVEMENT_HAS_PROGRESS', message, {
      metadata: { titleId, achievementId },
    })
  }
  await queries.playerTitles.lockByAchievement(titleId, achievementId)
  await queries.progress.deleteOfAchievement(titleId, achievementId, scoreOf(current), attribution)
  await queries.community.deleteContributions(titleId, achievementId, attribution)
  await queries.unlockTotals.delete(titleId, [achievementId])
  await queries.achievements.delete(titleId, [achievementId])
  await queries.events.insertDefinitionEvents(titleId, [achievementId], attribution)
}
