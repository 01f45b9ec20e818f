import type { Stat } from '../../model/stat.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, statNotFound, statOf, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { checkBounds, type NewStat } from './create-stat.ts'

export interface UpdateStat {
  readonly titleId: string
  readonly code: string
  readonly etag: string | undefined
  readonly patch: Partial<Omit<NewStat, 'titleId' | 'code'>>
  readonly requestId: string | undefined
}

/** Values that players have already stay, also where new bounds would refuse them. */
export async function updateStat(services: Services, request: UpdateStat, call: Call): Promise<Stat> {
  const { titleId, code, patch } = request
  return mutateIdempotently(services, 'updateStat', request, call, async (queries) => {
    const current = await queries.stats.lock(titleId, code)
    if (current === undefined) {
      await titleOf(queries, titleId)
      throw statNotFound(titleId, code)
    }
    checkEtag(current, request.etag)
    const next = { ...current, ...patch, updateTime: services.now() }
    checkBounds(next)
    await queries.stats.update(next)
    return statOf(queries, titleId, code)
  })
}
