import { isShown, type Lifecycle, type StoredAchievement } from '../../model/achievement.ts'
import { invalidArgument, type LaurelError } from '../../model/errors.ts'
import type { AchievementOrder } from '../../store/achievements/achievements.ts'
import type { Call } from '../call.ts'
import { type CountedPage, readReorderablePage } from '../paging.ts'
import { listTitleProgress } from '../progress/list-progress.ts'
import { asGatewayShows, redactDefinition } from '../progress/player-view.ts'
import { achievementNotFound, achievementOf, titleOf } from '../require.ts'
import type { Services } from '../services.ts'

export interface GetAchievement {
  readonly titleId: string
  readonly achievementId: string
}

export async function getAchievement(
  services: Services,
  { titleId, achievementId }: GetAchievement,
  call: Call,
): Promise<StoredAchievement> {
  return services.store.read(call.signal, (queries) => achievementOf(queries, titleId, achievementId))
}

/**
 * Returns an achievement as players see it: redacted if it is hidden and the title masks hidden achievements. A retired
 * achievement is returned to its players, and to callers that are no players.
 * @throws LaurelError ACHIEVEMENT_NOT_FOUND also for a draft.
 */
export async function getCatalogueAchievement(
  services: Services,
  request: GetAchievement,
  call: Call,
): Promise<StoredAchievement> {
  const achievement = await getAchievement(services, request, call)
  if (!(await isInCatalogue(services, achievement, call)))
    throw achievementNotFound(request.titleId, request.achievementId)
  const view = { titleId: request.titleId, playerId: undefined }
  const [shown] = await asGatewayShows(services, view, [{ achievement }], redactDefinition, call)
  return shown?.achievement ?? achievement
}

async function isInCatalogue(
  services: Services,
  achievement: StoredAchievement,
  { principal, signal }: Call,
): Promise<boolean> {
  if (achievement.lifecycle !== 'retired' || principal.kind !== 'player') return isShown(achievement, true)
  const { titleId, id: achievementId } = achievement
  const key = { titleId, playerId: principal.playerId, achievementId }
  const found = await services.store.read(signal, (queries) => queries.progress.find(key))
  return isShown(achievement, found?.progress?.state === 'achieved')
}

/**
 * Returns achievements in the order of the ids.
 * @throws LaurelError NOT_FOUND naming the first that is missing; INVALID_ARGUMENT if they are too large for one message.
 */
export async function batchGetAchievements(
  services: Services,
  { titleId, achievementIds }: { readonly titleId: string; readonly achievementIds: readonly string[] },
  call: Call,
): Promise<readonly StoredAchievement[]> {
  return services.store.read(call.signal, async (queries) => {
    const { items: found, isCut } = await queries.achievements.listPartByIds(titleId, [
      ...new Set(achievementIds),
    ])
    if (isCut) throw tooLarge()
    if (found.length === 0) await titleOf(queries, titleId)
    const byId = new Map(found.map((achievement) => [achievement.id, achievement]))
    return achievementIds.map((id) => {
      const achievement = byId.get(id)
      if (achievement === undefined) throw achievementNotFound(titleId, id)
      return achievement
    })
  })
}

function tooLarge(): LaurelError {
  const message = 'name achievements that are too large for one message: ask for fewer'
  return invalidArgument([{ field: 'achievement_ids', message }])
}

export interface ListAchievements {
  readonly titleId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
  /** Achievements with any of these tags; empty for no filter. */
  readonly tags: readonly string[]
  readonly hidden: boolean | undefined
  /** Absent or empty: no filter. */
  readonly lifecycles?: readonly Lifecycle[]
  /** A text that the id or a name contains. Absent: no filter. */
  readonly query?: string
  readonly orderBy: AchievementOrder
  readonly descending: boolean
}

export async function listAchievements(
  services: Services,
  request: ListAchievements,
  call: Call,
): Promise<CountedPage<StoredAchievement>> {
  const { pageSize: _size, pageToken: _token, ...filter } = request
  const { titleId, tags, hidden, lifecycles = [], query, orderBy, descending } = filter
  return services.store.read(call.signal, async (queries) => {
    const page = await readReorderablePage(
      request,
      ['achievements', titleId, tags, hidden, orderBy, descending, query, lifecycles],
      (returned, limit) => queries.achievements.list({ ...filter, returned, limit }),
      ({ id }) => id,
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return { ...page, totalSize: await queries.achievements.count(filter) }
  })
}

export interface GetDialectAchievement {
  readonly dialect: string
  readonly titleId: string
  /** The achievement's id in the dialect. */
  readonly dialectId: string
}

export async function getDialectAchievement(
  services: Services,
  { dialect, titleId, dialectId }: GetDialectAchievement,
  call: Call,
): Promise<StoredAchievement> {
  return services.store.read(call.signal, async (queries) => {
    const id = (await queries.achievementIds.findAchievements(titleId, dialect, [dialectId])).get(dialectId)
    const [achievement] = id === undefined ? [] : await queries.achievements.listByIds(titleId, [id])
    if (achievement !== undefined) return achievement
    await titleOf(queries, titleId)
    throw achievementNotFound(titleId, dialectId)
  })
}

/** Yields all achievements of a title in list order, page by page, drafts and retired ones too, each with its id in the dialect. */
export async function* listDialectAchievements(
  services: Services,
  request: { readonly dialect: string; readonly titleId: string },
  call: Call,
): AsyncGenerator<readonly StoredAchievement[]> {
  const all = { ...request, playerId: undefined, listsAll: true }
  for await (const page of listTitleProgress(services, all, call))
    yield page.map(({ achievement }) => achievement)
}
