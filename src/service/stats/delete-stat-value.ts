import type { StatWriter } from '../../model/stat.ts'
import { mutatePlayerTitle } from '../progress/mutate-player-title.ts'
import type { Call, Services } from '../services.ts'
import { lockStats, statValueNotFound, writerOf } from './stat-updates.ts'

export interface DeleteStatValue {
  readonly titleId: string
  readonly playerId: string
  readonly code: string
  readonly requestId: string | undefined
  /** As in `RecordStats`. */
  readonly writer?: StatWriter
}

/**
 * Forgets a player's value of a stat: its default holds again. What the value moved stays as it is.
 * @throws LaurelError STAT_VALUE_NOT_FOUND where there is none.
 */
export async function deleteStatValue(
  services: Services,
  request: DeleteStatValue,
  call: Call,
): Promise<void> {
  await mutatePlayerTitle(
    services,
    'deleteStatValue',
    request,
    call,
    (queries) => lockStats(queries, request.titleId, [request.code], writerOf(request, call)),
    async (queries) => {
      if (!(await queries.stats.deleteValue(request, request.code)))
        throw statValueNotFound(request, request.code)
    },
  )
}
