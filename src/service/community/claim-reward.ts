import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import { mutatePlayerTitle } from '../progress/mutate-player-title.ts'
import { lockAchievementShared } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ClaimReward {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
  readonly requestId: string | undefined
}

/**
 * Takes a contributor's reward of a community achievement that is unlocked. It is taken once: whoever asks again, or at
 * the same time, hears when it was, and only the first claim leaves an event for those who hand rewards out.
 * @throws LaurelError NOT_ACHIEVED before the unlock, NO_CONTRIBUTION for who gave nothing.
 */
export async function claimReward(
  services: Services,
  request: ClaimReward,
  call: Call,
): Promise<{ readonly claimTime: Instant; readonly newlyClaimed: boolean }> {
  const { titleId, playerId, achievementId } = request
  const refuse = (reason: 'NOT_ACHIEVED' | 'NO_CONTRIBUTION', message: string): LaurelError =>
    new LaurelError('failed_precondition', reason, `community achievement ${achievementId}: ${message}`, {
      metadata: { titleId, playerId, achievementId },
    })
  return mutatePlayerTitle(
    services,
    'claimReward',
    request,
    call,
    (queries) => lockAchievementShared(queries, titleId, achievementId),
    async (queries, _changes, now) => {
      const shared = await queries.community.list(titleId)
      const unlockTime = shared.find((each) => each.achievementId === achievementId)?.unlockTime
      if (unlockTime === undefined)
        throw refuse('NOT_ACHIEVED', 'its goal is not reached, so there is no reward yet')
      const mine = (await queries.community.listContributions(request)).find(
        (each) => each.achievementId === achievementId,
      )
      if (mine === undefined) throw refuse('NO_CONTRIBUTION', 'only who contributed has a reward to claim')
      if (mine.claimTime !== undefined) return { claimTime: mine.claimTime, newlyClaimed: false }
      await queries.community.claim(request, achievementId, now)
      await queries.events.insert([
        {
          playerId,
          titleId,
          achievementId,
          kind: 'claimed',
          time: now,
          state: 'achieved',
          percent: 100,
          unlockTime,
          actor: call.actor,
          reason: '',
          requestId: request.requestId ?? '',
        },
      ])
      return { claimTime: now, newlyClaimed: true }
    },
  )
}
