import type { PlayerServiceServer } from '../gen/laurel/v1/player_service.ts'
import { createPlayer } from '../service/create-player.ts'
import { deletePlayer } from '../service/delete-player.ts'
import { findPlayer } from '../service/find-player.ts'
import { getPlayer } from '../service/get-player.ts'
import { linkAccount } from '../service/link-account.ts'
import { listPlayers } from '../service/list-players.ts'
import type { Services } from '../service/services.ts'
import { unlinkAccount } from '../service/unlink-account.ts'
import { updatePlayer } from '../service/update-player.ts'
import type { Logger } from '../telemetry/log.ts'
import { readPaging } from './convert/numbers.ts'
import { readAccount, readPlayer, readPlayerPatch, writePlayer } from './convert/player.ts'
import { readId, readRequestId } from './convert/texts.ts'
import { parse, required } from './convert/violations.ts'
import { unary } from './unary.ts'

export function playerService(services: Services, log: Logger): PlayerServiceServer {
  return {
    createPlayer: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        player: readPlayer(required(message.player, 'player'), violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await createPlayer(services, request, call)) }
    }),

    getPlayer: unary(log, async (message, call) => {
      const playerId = parse((violations) => readId(message.playerId, 'player_id', violations))
      return { player: writePlayer(await getPlayer(services, { playerId }, call)) }
    }),

    listPlayers: unary(log, async (message, call) => {
      const request = parse((violations) => readPaging(message, violations))
      const { items, nextPageToken } = await listPlayers(services, request, call)
      return { players: items.map(writePlayer), nextPageToken: nextPageToken ?? '' }
    }),

    updatePlayer: unary(log, async (message, call) => {
      const request = parse((violations) => {
        const player = required(message.player, 'player')
        return {
          playerId: readId(player.playerId, 'player.player_id', violations),
          etag: player.etag || undefined,
          patch: readPlayerPatch(player, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      return { player: writePlayer(await updatePlayer(services, request, call)) }
    }),

    deletePlayer: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        etag: message.etag || undefined,
        requestId: readRequestId(message.requestId, violations),
      }))
      await deletePlayer(services, request, call)
      return {}
    }),

    linkAccount: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        account: readAccount(message.account, violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await linkAccount(services, request, call)) }
    }),

    unlinkAccount: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        account: readAccount(message.account, violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await unlinkAccount(services, request, call)) }
    }),

    findPlayer: unary(log, async (message, call) => {
      const request = parse((violations) => ({
        dialect: readId(message.dialect, 'dialect', violations),
        accountId: readId(message.accountId, 'account_id', violations),
      }))
      return { player: writePlayer(await findPlayer(services, request, call)) }
    }),
  }
}
