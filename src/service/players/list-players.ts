import type { Player } from '../../model/player.ts'
import { readPage } from '../paging.ts'
import type { Call, Page, Services } from '../services.ts'

/** In order of id. */
export async function listPlayers(
  services: Services,
  request: { readonly pageSize: number | undefined; readonly pageToken: string | undefined },
  call: Call,
): Promise<Page<Player>> {
  return services.store.read(call.signal, (queries) =>
    readPage(
      request,
      ['players'],
      (after, limit) => queries.players.list(after?.id ?? '', limit),
      ({ id }) => ({ key: 0n, id }),
    ),
  )
}
