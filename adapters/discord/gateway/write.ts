import { LossReport } from '../../../src/dialect/losses.ts'
import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { NOT_STARTED, type Progress } from '../../../src/model/progress.ts'
import { encode } from '../encode.ts'
import { bindingOf } from './target.ts'
import { shapeOf, versionOf } from './version.ts'

/** Somebody's standing, beside the definition. */
export interface WrittenProgress {
  readonly account: string | undefined
  readonly progress: Progress
}

/**
 * A definition in the version's own shape, with the members of a progress record beside it where a standing is
 * given. What documents spelled otherwise is spelled as Discord itself did: an answer is no document's copy.
 */
export function writeAchievement(
  request: GatewayRequest,
  achievement: StoredAchievement,
  standing?: WrittenProgress,
): JsonObject {
  const entry = encode(
    {
      title: { binding: bindingOf(request), displayName: undefined, extensions: {} },
      achievement: { ...achievement, extensions: {} },
      progress: standing && factsOf(achievement.id, standing),
      summary: undefined,
    },
    new LossReport(),
    {
      locale: undefined,
      shape: shapeOf(versionOf(request)),
      purpose: 'definition',
      account: standing?.account,
    },
  )
  return { icon_hash: null, ...(standing === undefined ? {} : { user_id: null }), ...entry }
}

/** An unlock that was taken back reads as one that never was: Discord has no word for it. */
function factsOf(achievementId: string, { account, progress }: WrittenProgress) {
  const { state, percent, unlockTime } = progress.revoked ? NOT_STARTED : progress
  return { account, achievementId, state, percent, values: {}, unlockTime, revoked: false, extensions: {} }
}
