import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { XboxTitle } from './title.ts'

/**
 * A title's achievements by their ids in Xbox. One alone, which is what most reports are of, is looked up; for
 * several, and for one that has perhaps no id yet, the title is read, which gives each its id.
 * @throws LaurelError ACHIEVEMENT_NOT_FOUND for the first that is not there.
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
  const progressList = await operations.listTitleProgress(asked, call)
  const byId = new Map(progressList.map(({ achievement }) => [achievement.ids['xbox'], achievement]))
  return ids.map((wanted) => {
    const found = byId.get(wanted)
    if (found !== undefined) return found
    const message = `there is no achievement ${wanted.slice(0, 20)} in ${title.scid}`
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
