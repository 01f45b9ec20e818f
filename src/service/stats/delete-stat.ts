import { LaurelError } from '../../model/errors.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, statNotFound, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface DeleteStat {
  readonly titleId: string
  readonly code: string
  readonly etag: string | undefined
  readonly requestId: string | undefined
}

/**
 * Deletes a stat with what players have of it.
 * @throws LaurelError FAILED_PRECONDITION while an achievement follows it.
 */
export async function deleteStat(services: Services, request: DeleteStat, call: Call): Promise<void> {
  const { titleId, code } = request
  await mutateIdempotently(services, 'deleteStat', request, call, async (queries) => {
    const current = await queries.stats.lock(titleId, code)
    if (current === undefined) {
      await titleOf(queries, titleId)
      throw statNotFound(titleId, code)
    }
    checkEtag(current, request.etag)
    const [follower] = await queries.achievements.lockSharedByStats(titleId, [code])
    if (follower !== undefined) {
      const message = `achievement ${follower.id} follows stat ${code}: change or delete it first`
      const metadata = { titleId, statCode: code, achievementId: follower.id }
      throw new LaurelError('failed_precondition', 'STAT_IN_USE', message, { metadata })
    }
    await queries.stats.delete(titleId, code)
  })
}
