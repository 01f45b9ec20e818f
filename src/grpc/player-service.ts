import type { PlayerServiceServer } from '../gen/laurel/v1/player_service.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import type { Wire } from './call.ts'
import { readAccount, readPlayer, readPlayerPatch, writePlayer } from './convert/player.ts'
import { readEtag, readId, readPaging, readRequestId, readText } from './convert/scalars.ts'
import { parse, required } from './convert/violations.ts'
import { unary } from './handlers.ts'

export function playerService(operations: Operations, wire: Wire): PlayerServiceServer {
  return {
    createPlayer: unary(wire, async (message, call) => {
      const request = parse((violations) => ({
        player: readPlayer(required(message.player, 'player'), violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.createPlayer(request, call)) }
    }),

    getPlayer: unary(wire, async (message, call) => {
      const playerId = parse((violations) => readId(message.playerId, 'player_id', violations))
      return { player: writePlayer(await operations.getPlayer({ playerId }, call)) }
    }),

    listPlayers: unary(wire, async (message, call) => {
      const request = parse((violations) => readPaging(message, violations))
      const { items, nextPageToken } = await operations.listPlayers(request, call)
      return { players: items.map(writePlayer), nextPageToken: nextPageToken ?? '' }
    }),

    updatePlayer: unary(wire, async (message, call) => {
      const request = parse((violations) => {
        const player = required(message.player, 'player')
        return {
          playerId: readId(player.playerId, 'player.player_id', violations),
          etag: readEtag(player.etag, 'player.etag', violations),
          patch: readPlayerPatch(player, message.updateMask, violations),
          requestId: readRequestId(message.requestId, violations),
        }
      })
      return { player: writePlayer(await operations.updatePlayer(request, call)) }
    }),

    deletePlayer: unary(wire, async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        etag: readEtag(message.etag, 'etag', violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      await operations.deletePlayer(request, call)
      return {}
    }),

    mergePlayers: unary(wire, async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        absorbedPlayerId: readId(message.absorbedPlayerId, 'absorbed_player_id', violations),
        reason: readText(message.reason, 'reason', violations, LIMITS.reason),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.mergePlayers(request, call)) }
    }),

    linkAccount: unary(wire, async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        account: readAccount(message.account, violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.linkAccount(request, call)) }
    }),

    unlinkAccount: unary(wire, async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        account: readAccount(message.account, violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.unlinkAccount(request, call)) }
    }),

    findPlayer: unary(wire, async (message, call) => {
      const request = parse((violations) => ({
        dialect: readId(message.dialect, 'dialect', violations),
        accountId: readId(message.accountId, 'account_id', violations),
      }))
      return { player: writePlayer(await operations.findPlayer(request, call)) }
    }),
  }
}
