import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, playerNotFound } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface DeletePlayer {
  readonly playerId: string
  readonly etag: string | undefined
  readonly requestId: string | undefined
}

/**
 * Erases everything that is kept of a player: accounts, progress, stat values, events, deliveries and answers. Deliveries
 * again at the end, because a server may just have been taking up events that it still saw.
 */
export async function deletePlayer(services: Services, request: DeletePlayer, call: Call): Promise<void> {
  const { playerId } = request
  await mutateIdempotently(services, 'deletePlayer', request, call, async (queries) => {
    const current = await queries.players.lock(playerId)
    if (current === undefined) throw playerNotFound(playerId)
    checkEtag(current, request.etag)
    await queries.players.delete(playerId)
  })
  await services.store.write(call.signal, (queries) => queries.players.deleteEnqueuedDeliveries(playerId))
}
