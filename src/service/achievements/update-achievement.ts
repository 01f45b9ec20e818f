import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import type { Queries } from '../../store/queries.ts'
import { achievementChange } from '../audit/changes.ts'
import { type Mutation, writeAudited } from '../audit/record-change.ts'
import { attributionOf, type Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { achievementOf, checkEtag, lockAchievement, lockTitle } from '../require.ts'
import type { Services } from '../services.ts'
import { countUnlocks } from './backfills.ts'
import { checkDialectIds } from './create-achievement.ts'
import { type DefinitionChange, needsBackfill, writeDefinitions } from './write-definitions.ts'

/** Absent members keep their values; the id cannot be changed. */
export type AchievementPatch = Partial<Omit<Achievement, 'id' | 'createTime' | 'updateTime'>>

export interface UpdateAchievement {
  readonly titleId: string
  readonly achievementId: string
  readonly etag: string | undefined
  readonly patch: AchievementPatch
  /** Whether the events of the back-fill are kept from destinations. Absent: they are not. */
  readonly silentBackfill?: boolean | undefined
  readonly requestId: string | undefined
}

/**
 * Updates a definition. Progress stays: an achievement remains unlocked when a target is raised. A back-fill unlocks it for
 * players who are beyond a lowered target.
 */
export async function updateAchievement(
  services: Services,
  request: UpdateAchievement,
  call: Call,
): Promise<StoredAchievement> {
  const change = { ...attributionOf(call, request.requestId), silentBackfill: request.silentBackfill }
  return mutateIdempotently(
    services,
    'updateAchievement',
    { titleId: request.titleId },
    request,
    call,
    (queries) =>
      patchAchievement(services, queries, request, change, (current) => {
        checkEtag(current, request.etag)
        return request.patch
      }),
  )
}

export interface ReviseAchievement {
  readonly titleId: string
  readonly achievementId: string
  /** Returns the patch for the current definition. Called again if the transaction is retried: must have no side effects. */
  readonly revise: (current: StoredAchievement) => AchievementPatch
}

/** Updates a definition by its current state, for a caller with the permission to update and not to read. */
export async function reviseAchievement(
  services: Services,
  request: ReviseAchievement,
  call: Call,
): Promise<StoredAchievement> {
  const change = attributionOf(call, undefined)
  return writeAudited(services, call, (queries) =>
    patchAchievement(services, queries, request, change, request.revise),
  )
}

/** Locks the definition, and changes it by the patch that `patchOf` returns for its current state. */
export async function patchAchievement(
  services: Services,
  queries: Queries,
  { titleId, achievementId }: Pick<UpdateAchievement, 'titleId' | 'achievementId'>,
  change: Omit<DefinitionChange, 'time'>,
  patchOf: (current: StoredAchievement) => AchievementPatch | Promise<AchievementPatch>,
): Promise<Mutation<StoredAchievement>> {
  const current = await lockAchievement(queries, titleId, achievementId)
  const patch = await patchOf(current)
  const time = services.now()
  const after = { ...patched(current, patch), updateTime: time }
  await checkDialectIds(services, queries, titleId, after, current)
  return writeDefinition(queries, current, after, { ...change, time })
}

async function writeDefinition(
  queries: Queries,
  before: StoredAchievement,
  after: StoredAchievement,
  change: DefinitionChange,
): Promise<Mutation<StoredAchievement>> {
  const { titleId, id } = before
  await writeDefinitions(queries, titleId, [{ before, after }], change)
  const stored = await achievementOf(queries, titleId, id)
  return { result: stored, change: achievementChange(before, stored) }
}

/** A list order of 0 leaves it as it is. */
function patched(current: StoredAchievement, patch: AchievementPatch): StoredAchievement {
  return { ...current, ...patch, listOrder: patch.listOrder || current.listOrder }
}

export interface AchievementPreview {
  readonly achievement: StoredAchievement
  /** The players whom its back-fill would unlock it for. */
  readonly unlockCount: number
}

/** Returns what an update would store, and whom it would unlock the achievement for. Changes nothing. */
export async function previewAchievementUpdate(
  services: Services,
  { titleId, achievementId, etag, patch }: UpdateAchievement,
  call: Call,
): Promise<AchievementPreview> {
  const { current, next } = await services.store.read(call.signal, async (queries) => {
    const current = await achievementOf(queries, titleId, achievementId)
    checkEtag(current, etag)
    const next = patched(current, patch)
    await checkDialectIds(services, queries, titleId, next, current)
    return { current, next }
  })
  const unlockCount = needsBackfill({ before: current, after: next })
    ? await countUnlocks(services, titleId, { before: current, after: next }, call.signal)
    : 0
  return { achievement: next, unlockCount }
}

export interface ReorderAchievement {
  readonly titleId: string
  readonly achievementId: string
  /** The new list order, from 1. Achievements between the old and the new one shift by one. */
  readonly listOrder: number
  readonly requestId: string | undefined
}

export async function reorderAchievement(
  services: Services,
  request: ReorderAchievement,
  call: Call,
): Promise<StoredAchievement> {
  const { titleId, achievementId } = request
  return mutateIdempotently(services, 'reorderAchievement', { titleId }, request, call, async (queries) => {
    await lockTitle(queries, titleId)
    const current = await lockAchievement(queries, titleId, achievementId)
    const target = Math.min(request.listOrder, await queries.achievements.findLastListOrder(titleId))
    if (target < current.listOrder)
      await queries.achievements.shiftListOrder(titleId, target, current.listOrder - 1, 1)
    if (target > current.listOrder)
      await queries.achievements.shiftListOrder(titleId, current.listOrder + 1, target, -1)
    const time = services.now()
    const after = { ...current, listOrder: target, updateTime: time }
    return writeDefinition(queries, current, after, { ...attributionOf(call, request.requestId), time })
  })
}
