import { LaurelError } from '../../model/errors.ts'
import type { Player } from '../../model/player.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { playerOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { link } from './link-account.ts'

export interface CreatePlayer {
  readonly player: Pick<Player, 'id' | 'displayName' | 'accounts'>
  readonly requestId: string | undefined
}

/** @throws LaurelError ALREADY_EXISTS for a player of this id, or an account that another player has. */
export async function createPlayer(services: Services, request: CreatePlayer, call: Call): Promise<Player> {
  return mutateIdempotently(services, 'createPlayer', request, call, async (queries) => {
    const { id, displayName, accounts } = request.player
    if ((await queries.players.find(id)) !== undefined) {
      const message = `player ${id} exists already`
      throw new LaurelError('already_exists', 'PLAYER_EXISTS', message, { metadata: { playerId: id } })
    }
    const now = services.now()
    await queries.players.insert({ id, displayName, accounts, createTime: now, updateTime: now, etag: '' })
    for (const account of accounts) await link(services, queries, account, id)
    return playerOf(queries, id)
  })
}
