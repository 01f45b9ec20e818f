import { LaurelError } from '../../model/errors.ts'
import { lockAchievementShared } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { mutatePlayerTitle } from './mutate-player-title.ts'
import type { ProgressResult } from './writer/apply-report.ts'

export interface RevokeAchievement {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
  /** Kept in the event. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * Takes an unlocked achievement back, by enforcement: it counts no more, but state, values and unlock time stay.
 * One that is revoked already changes nothing.
 * @throws LaurelError FAILED_PRECONDITION when the player has not unlocked it.
 */
export async function revokeAchievement(
  services: Services,
  request: RevokeAchievement,
  call: Call,
): Promise<ProgressResult> {
  return setRevoked(services, request, true, call)
}

export async function setRevoked(
  services: Services,
  request: RevokeAchievement,
  revoked: boolean,
  call: Call,
): Promise<ProgressResult> {
  const { titleId, playerId, achievementId } = request
  const kind = revoked ? 'revoked' : 'restored'
  return mutatePlayerTitle(
    services,
    kind,
    request,
    call,
    (queries) => lockAchievementShared(queries, titleId, achievementId),
    async (_, changes, now, achievement) => {
      const before = changes.progressOf(achievementId)
      if (before.state !== 'achieved') {
        const message = `player ${playerId} has not unlocked achievement ${achievementId}`
        const metadata = { titleId, playerId, achievementId }
        throw new LaurelError('failed_precondition', 'NOT_ACHIEVED', message, { metadata })
      }
      const changed = before.revoked !== revoked
      const progress = changed ? { ...before, revoked, writer: call.actor } : before
      if (changed) {
        const change = { kind, time: now, actor: call.actor, reason: request.reason } as const
        changes.change(achievement, progress, { ...change, requestId: request.requestId ?? '' })
      }
      return {
        titleId,
        playerId,
        achievementId,
        progress,
        changed,
        newlyUnlocked: false,
        alreadyUnlocked: true,
      }
    },
  )
}
