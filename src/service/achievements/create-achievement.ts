import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Queries } from '../../store/queries.ts'
import { achievementChange } from '../audit/changes.ts'
import { type Mutation, writeAudited } from '../audit/record-change.ts'
import { attributionOf, type Call } from '../call.ts'
import { checkAchievementIds } from '../check-ids.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { achievementOf, lockTitle } from '../require.ts'
import type { Services } from '../services.ts'
import { type DefinitionChange, writeDefinitions } from './write-definitions.ts'

export interface CreateAchievement {
  readonly titleId: string
  /** A list order of 0 puts it last. */
  readonly achievement: Achievement
  /** Whether the events of the back-fill are kept from destinations. Absent: they are not. */
  readonly silentBackfill?: boolean | undefined
  readonly requestId: string | undefined
}

/**
 * Creates an achievement, and an unbounded stat for each stat code of its requirements that has none. A back-fill applies it
 * to the players with values of stats that it follows.
 * @throws LaurelError ALREADY_EXISTS for an achievement of this id, or a dialect id of another achievement.
 */
export async function createAchievement(
  services: Services,
  request: CreateAchievement,
  call: Call,
): Promise<StoredAchievement> {
  const { titleId, achievement } = request
  const change = { ...attributionOf(call, request.requestId), silentBackfill: request.silentBackfill }
  return mutateIdempotently(services, 'createAchievement', { titleId }, request, call, async (queries) => {
    await lockTitle(queries, titleId)
    return insertAchievement(services, queries, titleId, achievement, change)
  })
}

export interface CreateLimitedAchievement {
  readonly titleId: string
  readonly achievement: Achievement
  /** The most achievements that the calling platform allows in a title. */
  readonly limit: number
}

/**
 * As `createAchievement`; returns undefined if the title has `limit` achievements already. The title is locked while they
 * are counted.
 */
export async function createLimitedAchievement(
  services: Services,
  { titleId, achievement, limit }: CreateLimitedAchievement,
  call: Call,
): Promise<StoredAchievement | undefined> {
  return writeAudited(services, call, async (queries) => {
    await lockTitle(queries, titleId)
    if ((await queries.achievements.count({ titleId })) >= limit)
      return { result: undefined, change: undefined }
    const change = attributionOf(call, undefined)
    return insertAchievement(services, queries, titleId, achievement, change)
  })
}

/** Runs in a transaction that has locked the title, so that list orders and dialect ids stay unique. */
async function insertAchievement(
  services: Services,
  queries: Queries,
  titleId: string,
  achievement: Achievement,
  change: Omit<DefinitionChange, 'time'>,
): Promise<Mutation<StoredAchievement>> {
  const existing = await queries.achievements.listByIds(titleId, [achievement.id])
  if (existing.length > 0) throw achievementExists(titleId, achievement.id)
  const now = services.now()
  const listOrder = achievement.listOrder || orderAfter(await queries.achievements.findLastListOrder(titleId))
  await checkDialectIds(services, queries, titleId, achievement)
  const after = { ...achievement, listOrder, createTime: now, updateTime: now }
  await writeDefinitions(queries, titleId, [{ before: undefined, after }], { ...change, time: now })
  const created = await achievementOf(queries, titleId, achievement.id)
  return { result: created, change: achievementChange(undefined, created) }
}

/** Returns the list order after the last one. At the limit several achievements share it, and their ids decide. */
export function orderAfter(last: number): number {
  return Math.min(last + 1, LIMITS.listOrder)
}

/**
 * @throws LaurelError DIALECT_ID_TAKEN if another achievement of the title has one of the dialect ids; INVALID_FIELD for a new one
 * that its dialect cannot express.
 */
export async function checkDialectIds(
  services: Services,
  queries: Queries,
  titleId: string,
  { id, ids }: Pick<Achievement, 'id' | 'ids'>,
  current?: Pick<Achievement, 'ids'>,
): Promise<void> {
  checkAchievementIds(services, current?.ids, ids)
  for (const [dialect, dialectId] of Object.entries(ids)) {
    const owners = await queries.achievementIds.findAchievements(titleId, dialect, [dialectId])
    const owner = owners.get(dialectId)
    if (owner === undefined || owner === id) continue
    const message = `achievement ${owner} has the id ${dialectId} in ${dialect} already`
    const metadata = { titleId, achievementId: owner, dialect, dialectId }
    throw new LaurelError('already_exists', 'DIALECT_ID_TAKEN', message, { metadata })
  }
}

export function achievementExists(titleId: string, achievementId: string): LaurelError {
  const message = `achievement ${achievementId} exists already in title ${titleId}`
  return new LaurelError('already_exists', 'ACHIEVEMENT_EXISTS', message, {
    metadata: { titleId, achievementId },
  })
}
