import { z } from 'zod'
import type { GatewayRequest, GatewayResponse, Route } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { readBody } from './body.ts'
import { writeDefinition } from './definition.ts'
import { errorOfItem } from './failure.ts'
import { type Audience, accountOf, codeOf, titleOf } from './target.ts'
import { achievementsPath } from './user-achievements.ts'

/** Unlocks by a call: a server's after a match, or a game client's for achievements that do not affect the game. */
export const unlockRoutes: readonly Route[] = [
  unlockRoute('AdminUnlockAchievement', 'admin'),
  unlockRoute('PublicUnlockAchievement', 'public'),
  bulkRoute('AdminBulkUnlockAchievement', 'admin'),
  bulkRoute('PublicBulkUnlockAchievement', 'public'),
]

function unlockRoute(name: string, audience: Audience): Route {
  const path = `${achievementsPath(audience)}/:code/unlock`
  return { method: 'PUT', path, name, handle: (request) => unlockOne(audience, request) }
}

function bulkRoute(name: string, audience: Audience): Route {
  const path = `${achievementsPath(audience)}/bulkUnlock`
  return { method: 'PUT', path, name, handle: (request) => unlockMany(audience, request) }
}

/** Ignores the body. An achievement that is unlocked already stays as it is. */
async function unlockOne(audience: Audience, request: GatewayRequest): Promise<GatewayResponse> {
  const [result] = await unlock(audience, request, [codeOf(request)])
  if (result instanceof LaurelError) throw result
  return { status: 204 }
}

const bulkSchema = z.object({
  achievementCodes: z
    .array(z.string({ error: 'expected a code' }), { error: 'expected an array of codes' })
    .max(LIMITS.batchItems, { error: `expected at most ${LIMITS.batchItems} codes` }),
})

async function unlockMany(audience: Audience, request: GatewayRequest): Promise<GatewayResponse> {
  const { achievementCodes } = readBody(request, bulkSchema)
  const results = await unlock(audience, request, achievementCodes)
  const body = achievementCodes.map((achievementCode, index): JsonObject => {
    const result = results[index]
    if (!(result instanceof LaurelError)) return { achievementCode, success: true }
    return { achievementCode, success: false, errorDetail: errorOfItem(result, request) }
  })
  return { status: 200, body }
}

async function unlock(audience: Audience, request: GatewayRequest, achievementIds: readonly string[]) {
  const { operations, call } = request
  const account = accountOf(request)
  const title = await titleOf(request)
  const { playerId, linked } = await operations.playerOfAccount(account, call)
  const run = audience === 'admin' ? operations.unlockAchievementsAsAdmin : operations.unlockAchievements
  const refused = (achievement: StoredAchievement) => refusalOf(achievement, audience)
  const results = await run({ titleId: title.id, playerId, achievementIds, refusalOf: refused }, call)
  // Link the account only after an unlock succeeded, and by a caller with the permission for it.
  if (!linked && results.some((result) => !(result instanceof LaurelError))) {
    await operations.admitAccount(account, call)
  }
  return results
}

/** An achievement that follows a statistic is unlocked by it alone; one with a count but no statistic, by a server alone. */
function refusalOf(achievement: StoredAchievement, audience: Audience): LaurelError | undefined {
  const { titleId, id } = achievement
  const { incremental, global, statCode } = writeDefinition(achievement, '')
  const refused = (reason: 'COMMUNITY_GOAL' | 'REQUIREMENT_FOLLOWS_STAT', what: string, code: JsonValue) => {
    const metadata = { titleId, achievementId: id, ...(code ? { statCode: String(code) } : {}) }
    const message = `achievement ${id} is ${what} unlocks it alone`
    return new LaurelError('failed_precondition', reason, message, { metadata })
  }
  if (global === true) return refused('COMMUNITY_GOAL', 'global: what all players do', '')
  const isMeasured = statCode !== '' || audience === 'public'
  if (incremental !== true || !isMeasured) return undefined
  const statistic = statCode === '' ? 'its statistic' : `its statistic ${statCode}`
  return refused('REQUIREMENT_FOLLOWS_STAT', `incremental: ${statistic}`, statCode ?? '')
}
