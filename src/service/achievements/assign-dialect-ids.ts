import type { Adapter } from '../../dialect/adapter.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'

/**
 * Returns the achievements with their ids in the dialect. Missing ids are created and stored, so that a later export writes
 * the same (the export counts them in its summary); the title is locked meanwhile, so that concurrent exports agree. An achievement that has been deleted since it
 * was read is left out.
 */
export async function withDialectIds(
  services: Services,
  adapter: Adapter,
  titleId: string,
  achievements: readonly StoredAchievement[],
  call: Call,
): Promise<readonly StoredAchievement[]> {
  const hasId = ({ ids }: StoredAchievement) => ids[adapter.id] !== undefined
  const unnamed = achievements.filter((achievement) => !hasId(achievement))
  if (unnamed.length === 0) return achievements
  const unnamedIds = unnamed.map(({ id }) => id)
  const named = await services.store.write(call.signal, async (queries) => {
    await queries.titles.lock(titleId)
    const taken = new Set(await queries.achievementIds.listTaken(titleId, adapter.id))
    const locked = await queries.achievements.lockShared(titleId, unnamedIds)
    const stillUnnamed = new Set(locked.filter((achievement) => !hasId(achievement)).map(({ id }) => id))
    const created = new Map<string, string>()
    let last: string | undefined
    for (const { id, createTime } of unnamed) {
      if (!stillUnnamed.has(id)) continue
      last = adapter.ids.mint({ taken, time: createTime, entropy: services.entropy(), last })
      taken.add(last)
      created.set(id, last)
    }
    await queries.achievementIds.insert(titleId, adapter.id, created)
    return queries.achievements.listByIds(titleId, unnamedIds)
  })
  const namedById = new Map(named.map((achievement) => [achievement.id, achievement]))
  return achievements
    .map((achievement) => {
      const { ids, mintedIds } = namedById.get(achievement.id) ?? achievement
      return { ...achievement, ids, mintedIds }
    })
    .filter(hasId)
}

/** Returns how many achievements have got an id in the dialect since they were read. */
export function countCreatedIds(
  { id: dialect }: Adapter,
  before: readonly StoredAchievement[],
  after: readonly StoredAchievement[],
): number {
  const unnamed = new Set(before.filter(({ ids }) => ids[dialect] === undefined).map(({ id }) => id))
  return after.filter(({ id }) => unnamed.has(id)).length
}
