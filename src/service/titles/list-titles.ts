import type { Title } from '../../model/title.ts'
import { readPage } from '../paging.ts'
import type { Call, Page, Services } from '../services.ts'

/** In order of id. */
export async function listTitles(
  services: Services,
  request: { readonly pageSize: number | undefined; readonly pageToken: string | undefined },
  call: Call,
): Promise<Page<Title>> {
  return services.store.read(call.signal, (queries) =>
    readPage(
      request,
      ['titles'],
      (after, limit) => queries.titles.list(after?.id ?? '', limit),
      ({ id }) => ({ key: 0n, id }),
    ),
  )
}
