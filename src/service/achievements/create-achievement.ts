import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Queries } from '../../store/queries.ts'
import { type Attribution, attributionOf } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { achievementOf, titleNotFound } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface CreateAchievement {
  readonly titleId: string
  /** A list order of 0 puts it last. */
  readonly achievement: Achievement
  readonly requestId: string | undefined
}

/**
 * Stats that its requirements follow and that nobody defined yet are defined, unbounded.
 * @throws LaurelError ALREADY_EXISTS for an achievement of this id, or a dialect id that another one has.
 */
export async function createAchievement(
  services: Services,
  request: CreateAchievement,
  call: Call,
): Promise<StoredAchievement> {
  const { titleId, achievement } = request
  return mutateIdempotently(services, 'createAchievement', request, call, async (queries) => {
    if ((await queries.titles.lock(titleId)) === undefined) throw titleNotFound(titleId)
    return insertAchievement(services, queries, titleId, achievement, attributionOf(call, request.requestId))
  })
}

/** The step of a transaction that holds the lock of the title. */
export async function insertAchievement(
  services: Services,
  queries: Queries,
  titleId: string,
  achievement: Achievement,
  told: Attribution,
): Promise<StoredAchievement> {
  const existing = await queries.achievements.listByIds(titleId, [achievement.id])
  if (existing.length > 0) throw achievementExists(titleId, achievement.id)
  const now = services.now()
  const listOrder = achievement.listOrder || orderAfter(await queries.achievements.findLastListOrder(titleId))
  await queries.stats.insertMissing(titleId, statCodesOf([achievement]), now)
  await checkDialectIds(queries, titleId, achievement)
  await queries.achievements.upsert(titleId, [
    { ...achievement, listOrder, createTime: now, updateTime: now },
  ])
  await queries.events.insertDefinitionEvents(titleId, [achievement.id], { ...told, time: now })
  return achievementOf(queries, titleId, achievement.id)
}

/** The next position; behind the last one there is, the id decides. */
export function orderAfter(last: number): number {
  return Math.min(last + 1, LIMITS.listOrder)
}

export function statCodesOf(achievements: readonly Pick<Achievement, 'requirements'>[]): readonly string[] {
  const codes = achievements.flatMap(({ requirements }) => requirements.map(({ statCode }) => statCode))
  return [...new Set(codes.filter((code) => code !== undefined))]
}

/** A dialect's id names one achievement of a title. */
export async function checkDialectIds(
  queries: Queries,
  titleId: string,
  { id, ids }: Pick<Achievement, 'id' | 'ids'>,
): Promise<void> {
  for (const [dialect, theirs] of Object.entries(ids)) {
    const owner = (await queries.achievementIds.findAchievements(titleId, dialect, [theirs])).get(theirs)
    if (owner === undefined || owner === id) continue
    const message = `achievement ${owner} has the id ${theirs} in ${dialect} already`
    const metadata = { titleId, achievementId: owner, dialect, dialectId: theirs }
    throw new LaurelError('already_exists', 'DIALECT_ID_TAKEN', message, { metadata })
  }
}

export function achievementExists(titleId: string, achievementId: string): LaurelError {
  const message = `achievement ${achievementId} exists already in title ${titleId}`
  return new LaurelError('already_exists', 'ACHIEVEMENT_EXISTS', message, {
    metadata: { titleId, achievementId },
  })
}
