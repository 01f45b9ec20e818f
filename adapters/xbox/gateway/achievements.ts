import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { XboxTitle } from './title.ts'

/**
 * Returns a title's achievements by their ids in Xbox. A single id, as most reports have, is looked up; several ids, or an id that
 * may not be assigned yet, need the whole title, which assigns the ids.
 * @throws LaurelError ACHIEVEMENT_NOT_FOUND for the first that does not exist.
 */
export async function achievementsNamed(
  request: GatewayRequest,
  title: XboxTitle,
  ids: readonly string[],
): Promise<readonly StoredAchievement[]> {
  const [id = '', ...others] = ids
  const alone = others.length === 0 ? await lookUp(request, title, id) : undefined
  if (alone !== undefined) return [alone]
  const { operations, call } = request
  const asked = { dialect: 'xbox', titleId: title.title.id, playerId: undefined, isLookup: true }
  const requestedIds = new Set(ids)
  const byId = new Map<string, StoredAchievement>()
  for await (const page of operations.listTitleProgress(asked, call))
    for (const { achievement } of page) {
      const { xbox = '' } = achievement.ids
      if (requestedIds.has(xbox)) byId.set(xbox, achievement)
    }
  return ids.map((requested) => {
    const found = byId.get(requested)
    if (found !== undefined) return found
    const message = `there is no achievement ${requested.slice(0, 20)} in ${title.scid}`
    throw new LaurelError('not_found', 'ACHIEVEMENT_NOT_FOUND', message)
  })
}

async function lookUp(
  { operations, call }: GatewayRequest,
  { title }: XboxTitle,
  dialectId: string,
): Promise<StoredAchievement | undefined> {
  try {
    return await operations.getDialectAchievement({ dialect: 'xbox', titleId: title.id, dialectId }, call)
  } catch (error) {
    if (error instanceof LaurelError && error.reason === 'ACHIEVEMENT_NOT_FOUND') return undefined
    throw error
  }
}
