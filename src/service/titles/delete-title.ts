import { LaurelError } from '../../model/errors.ts'
import { mutateIdempotently } from '../idempotency.ts'
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
  await mutateIdempotently(services, 'deleteTitle', request, call, async (queries) => {
    const current = await queries.titles.lockExclusive(titleId)
    if (current === undefined) throw titleNotFound(titleId)
    checkEtag(current, request.etag)
    if (!request.force) {
      const { achievementCount } = await queries.titles.findTotals(titleId)
      const stats = await queries.stats.list(titleId, '', 1)
      if (achievementCount > 0 || stats.length > 0 || (await queries.playerTitles.hasPlayers(titleId))) {
        const message = `title ${titleId} has achievements, stats or players: delete them first, or set force`
        throw new LaurelError('failed_precondition', 'TITLE_NOT_EMPTY', message, { metadata: { titleId } })
      }
    }
    await queries.destinations.deleteOfTitle(titleId)
    await queries.playerTitles.deleteOfTitle(titleId)
    await queries.achievements.delete(titleId, 'all')
    await queries.stats.delete(titleId, 'all')
    await queries.titles.delete(titleId)
  })
}
