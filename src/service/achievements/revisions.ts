import type { AchievementRevision, StoredAchievement } from '../../model/achievement.ts'
import { checkRewardValues } from '../../model/check-achievement.ts'
import { invalidArgument, LaurelError } from '../../model/errors.ts'
import type { Queries } from '../../store/queries.ts'
import { attributionOf, type Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { type Page, readPage } from '../paging.ts'
import { achievementOf, checkEtag } from '../require.ts'
import type { Services } from '../services.ts'
import {
  type AchievementPatch,
  type AchievementPreview,
  patchAchievement,
  previewAchievementUpdate,
} from './update-achievement.ts'

export interface ListAchievementRevisions {
  readonly titleId: string
  readonly achievementId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** Returns a page of the revisions of an achievement, newest first. */
export async function listAchievementRevisions(
  services: Services,
  request: ListAchievementRevisions,
  call: Call,
): Promise<Page<AchievementRevision>> {
  const { titleId, achievementId } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['revisions', titleId, achievementId],
      (last, limit) => queries.achievementRevisions.list(request, last?.key, limit),
      ({ achievement }) => ({ key: BigInt(achievement.etag), id: '' }),
    )
    if (page.items.length === 0) await achievementOf(queries, titleId, achievementId)
    return page
  })
}

export interface RestoreAchievementRevision {
  readonly titleId: string
  readonly achievementId: string
  readonly revisionId: string
  readonly etag: string | undefined
  /** As in `UpdateAchievement`. */
  readonly silentBackfill?: boolean | undefined
  readonly requestId: string | undefined
}

/**
 * Updates an achievement to the state of a revision.
 * @throws LaurelError REVISION_NOT_FOUND
 */
export async function restoreAchievementRevision(
  services: Services,
  request: RestoreAchievementRevision,
  call: Call,
): Promise<StoredAchievement> {
  const { titleId, etag, requestId, silentBackfill } = request
  const change = { ...attributionOf(call, requestId), silentBackfill }
  return mutateIdempotently(
    services,
    'restoreAchievementRevision',
    { titleId },
    request,
    call,
    async (queries) =>
      patchAchievement(services, queries, request, change, (current) => {
        checkEtag(current, etag)
        return patchTo(queries, request)
      }),
  )
}

/** As `previewAchievementUpdate`. */
export async function previewAchievementRestore(
  services: Services,
  request: RestoreAchievementRevision,
  call: Call,
): Promise<AchievementPreview> {
  const patch = await services.store.read(call.signal, async (queries) => {
    await achievementOf(queries, request.titleId, request.achievementId)
    return patchTo(queries, request)
  })
  return previewAchievementUpdate(services, { ...request, patch }, call)
}

/**
 * Returns the members of a revision that a restore writes. The position in the list and the ids in dialects belong to relations with
 * others, and the times to the writes themselves.
 */
async function patchTo(queries: Queries, request: RestoreAchievementRevision): Promise<AchievementPatch> {
  const { titleId, achievementId, revisionId } = request
  const revision = /^\d{1,18}$/.test(revisionId)
    ? await queries.achievementRevisions.find(request, BigInt(revisionId))
    : undefined
  if (revision === undefined) {
    const message = `achievement ${achievementId} has no revision ${revisionId}: take the id of a listed one`
    const metadata = { titleId, achievementId, revisionId }
    throw new LaurelError('not_found', 'REVISION_NOT_FOUND', message, { metadata })
  }
  const {
    id,
    titleId: _,
    etag,
    listOrder,
    ids,
    createTime,
    updateTime,
    statedTimes,
    mintedIds,
    ...patch
  } = revision.achievement
  const violations = checkRewardValues(patch.rewards)
  if (violations.length > 0) throw invalidArgument(violations)
  return patch
}
