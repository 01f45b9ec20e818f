import type { Adapter } from '../../dialect/adapter.ts'
import type { StoredAchievement } from '../../model/achievement.ts'
import type { Call, Services } from '../services.ts'

/**
 * Gives each achievement that lacks one an id in the dialect, once: it is kept, so that a later export says the
 * same. Two exports at once agree, because the title is locked while ids are made. One that was deleted since it was
 * read is left out.
 */
export async function withDialectIds(
  services: Services,
  adapter: Adapter,
  titleId: string,
  achievements: readonly StoredAchievement[],
  call: Call,
): Promise<readonly StoredAchievement[]> {
  const hasId = ({ ids }: StoredAchievement) => ids[adapter.id] !== undefined
  const nameless = achievements.filter((achievement) => !hasId(achievement))
  if (nameless.length === 0) return achievements
  const wanted = nameless.map(({ id }) => id)
  const named = await services.store.write(call.signal, async (queries) => {
    await queries.titles.lock(titleId)
    const taken = new Set(await queries.achievementIds.listTaken(titleId, adapter.id))
    const minted = new Map<string, string>()
    let last: string | undefined
    const held = await queries.achievements.lockShared(titleId, wanted)
    const lacking = new Set(held.filter((achievement) => !hasId(achievement)).map(({ id }) => id))
    for (const { id, createTime } of nameless) {
      if (!lacking.has(id)) continue
      const theirs = adapter.ids.mint({ taken, time: createTime, entropy: services.entropy(), last })
      last = theirs
      taken.add(theirs)
      minted.set(id, theirs)
    }
    await queries.achievementIds.insert(titleId, adapter.id, minted)
    return queries.achievements.listByIds(titleId, wanted)
  })
  const ids = new Map(named.map((achievement) => [achievement.id, achievement.ids]))
  return achievements
    .map((achievement) => ({ ...achievement, ids: ids.get(achievement.id) ?? achievement.ids }))
    .filter(hasId)
}
