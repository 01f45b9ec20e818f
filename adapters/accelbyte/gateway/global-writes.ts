import { Refusal } from '../../../src/dialect/refusal.ts'
import type { GatewayRequest, GatewayResponse } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { formatInstant } from '../../../src/model/instant.ts'
import { accountOf, codeOf, titleOf } from './target.ts'

/** The service calls it its test facility. Each contributor gets an event. */
export async function resetGlobal(request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const achievementId = codeOf(request)
  const { id: titleId } = await titleOf(request)
  const reason = 'reset through the AccelByte gateway'
  await operations.resetCommunityProgress({ titleId, achievementId, reason, requestId: undefined }, call)
  return { status: 204 }
}

/**
 * Accepts the first claim. The API has no response for a repeated claim but a refusal. An unknown account contributed nothing, so no
 * player is created for it.
 */
export async function claim(request: GatewayRequest): Promise<GatewayResponse> {
  const { operations, call } = request
  const account = accountOf(request)
  const achievementId = codeOf(request)
  const { id: titleId } = await titleOf(request)
  const { playerId } = await operations.playerOfAccount(account, call)
  const asked = { titleId, playerId, achievementId, requestId: undefined }
  try {
    const { claimTime, newlyClaimed } = await operations.claimReward(asked, call)
    if (newlyClaimed) return { status: 202 }
    throw notClaimable(
      `the reward of achievement ${achievementId} was claimed at ${formatInstant(claimTime)}`,
    )
  } catch (error) {
    if (error instanceof LaurelError && error.code === 'failed_precondition')
      throw notClaimable(error.message)
    throw error
  }
}

/** The only status that the document has for a claim that cannot be, with AccelByte's number of a bad request. */
function notClaimable(errorMessage: string): Refusal {
  return new Refusal(400, { errorCode: 20018, errorMessage })
}
