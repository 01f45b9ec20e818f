import type { Stat } from '../../model/stat.ts'
import { readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Call, Page, Services } from '../services.ts'

export interface ListStats {
  readonly titleId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** In order of code. */
export async function listStats(services: Services, request: ListStats, call: Call): Promise<Page<Stat>> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['stats', titleId],
      (after, limit) => queries.stats.list(titleId, after?.id ?? '', limit),
      ({ code }) => ({ key: 0n, id: code }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}
