import { LaurelError } from '../../model/errors.ts'
import { mutateOnce } from '../idempotency.ts'
import { checkEtag, titleNotFound } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface DeleteTitle {
  readonly titleId: string
  readonly etag: string | undefined
  /** Deletes its achievements, its stats and what players have of them too. Its destinations always go with it. */
  readonly force: boolean
  readonly requestId: string | undefined
}

/** @throws LaurelError FAILED_PRECONDITION when it is not empty and `force` is not set. */
export async function deleteTitle(services: Services, request: DeleteTitle, call: Call): Promise<void> {
  const { titleId } = request
  await mutateOnce(services, 'deleteTitle', request, call, async (queries) => {
    const current = await queries.lockTitleAlone(titleId)
    if (current === undefined) throw titleNotFound(titleId)
    checkEtag(current, request.etag)
    if (!request.force) {
      const { achievementCount } = await queries.titleTotals(titleId)
      const stats = await queries.statsAfter(titleId, '', 1)
      if (achievementCount > 0 || stats.length > 0 || (await queries.titleHasPlayers(titleId))) {
        const message = `title ${titleId} has achievements, stats or players: delete them first, or set force`
        throw new LaurelError('failed_precondition', 'TITLE_NOT_EMPTY', message, { metadata: { titleId } })
      }
    }
    await queries.deleteDestinationsOfTitle(titleId)
    await queries.deleteSheetsOfTitle(titleId)
    await queries.deleteAchievements(titleId, 'all')
    await queries.deleteStats(titleId, 'all')
    await queries.deleteTitle(titleId)
  })
}
