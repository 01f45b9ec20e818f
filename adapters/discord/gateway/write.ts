import { LossReport } from '../../../src/dialect/losses.ts'
import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { NOT_STARTED, type Progress } from '../../../src/model/progress.ts'
import { encode } from '../encode.ts'
import { bindingOf } from './target.ts'
import { shapeOf, versionOf } from './version.ts'

/** A player's progress, to write beside the definition. */
export interface WrittenProgress {
  readonly account: string | undefined
  readonly progress: Progress
}

/**
 * Writes a definition in the shape of the API version, with the members of a progress record if progress is given. Original texts of
 * imported documents are ignored: responses are in Discord's own format.
 */
export function writeAchievement(
  request: GatewayRequest,
  achievement: StoredAchievement,
  progress?: WrittenProgress,
): JsonObject {
  const entry = encode(
    {
      title: { binding: bindingOf(request), displayName: undefined, extensions: {} },
      achievement: { ...achievement, extensions: {} },
      progress: progress && factsOf(achievement.id, progress),
      summary: undefined,
    },
    new LossReport(),
    {
      locale: undefined,
      shape: shapeOf(versionOf(request)),
      purpose: 'definition',
      account: progress?.account,
    },
  )
  return { icon_hash: null, ...(progress === undefined ? {} : { user_id: null }), ...entry }
}

/** Discord has no revocation: a revoked unlock is written as locked. */
function factsOf(achievementId: string, { account, progress }: WrittenProgress) {
  const { state, percent, unlockTime } = progress.revoked ? NOT_STARTED : progress
  return { account, achievementId, state, percent, values: {}, unlockTime, revoked: false, extensions: {} }
}
