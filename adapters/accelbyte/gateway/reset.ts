import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import { accountOf, codeOf, namespacePath, titleOf } from './target.ts'
import { achievementsPath } from './user-achievements.ts'

/** Taking progress away: what the service calls its test facility, and the erasure of a user. Events tell of both. */
export const resetRoutes: readonly Route[] = [
  {
    method: 'DELETE',
    path: `${achievementsPath('admin')}/:code/reset`,
    name: 'AdminResetAchievement',
    handle: (request) => reset(request, codeOf(request), 'reset through the AccelByte gateway'),
  },
  {
    method: 'DELETE',
    path: `${namespacePath('admin')}/users/:userId/anonymization/achievements`,
    name: 'AdminAnonymizeUserAchievement',
    handle: (request) => reset(request, undefined, 'anonymized through the AccelByte gateway'),
  },
]

async function reset(
  request: GatewayRequest,
  achievementId: string | undefined,
  reason: string,
): Promise<GatewayResponse> {
  const { operations, call } = request
  const account = accountOf(request)
  const title = await titleOf(request)
  const { playerId } = await operations.playerOfAccount(account, call)
  const asked = { titleId: title.id, playerId, achievementId, reason, requestId: undefined }
  await operations.resetProgress(asked, call)
  return { status: 204 }
}
