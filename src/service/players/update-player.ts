import type { Player } from '../../model/player.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, playerNotFound, playerOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface UpdatePlayer {
  readonly playerId: string
  readonly etag: string | undefined
  readonly patch: { readonly displayName?: string }
  readonly requestId: string | undefined
}

export async function updatePlayer(services: Services, request: UpdatePlayer, call: Call): Promise<Player> {
  const { playerId, patch } = request
  return mutateIdempotently(services, 'updatePlayer', request, call, async (queries) => {
    const current = await queries.players.lock(playerId)
    if (current === undefined) throw playerNotFound(playerId)
    checkEtag(current, request.etag)
    await queries.players.update(playerId, patch.displayName ?? current.displayName, services.now())
    return playerOf(queries, playerId)
  })
}
