import type { Destination } from '../../model/destination.ts'
import { readPage } from '../paging.ts'
import { titleOf } from '../require.ts'
import type { Call, Page, Services } from '../services.ts'

export interface ListDestinations {
  readonly titleId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** In order of id. */
export async function listDestinations(
  services: Services,
  request: ListDestinations,
  call: Call,
): Promise<Page<Destination>> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['destinations', titleId],
      (after, limit) => queries.destinations.list(titleId, after?.id ?? '', limit),
      ({ id }) => ({ key: 0n, id }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}
