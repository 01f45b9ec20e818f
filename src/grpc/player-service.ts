import type { PlayerServiceService } from '../gen/laurel/v1/player_service.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { readAccount, readPlayer, readPlayerPatch, writePlayer } from './convert/player.ts'
import { writePlayerPart } from './convert/player-part.ts'
import { readEtag, readId, readPaging, readRequestId, readText } from './convert/scalars.ts'
import { parse, required, type Violations } from './convert/violations.ts'
import { type HandlersOf, serverStream, unary } from './handlers.ts'

export function playerService(operations: Operations): HandlersOf<typeof PlayerServiceService> {
  return {
    createPlayer: unary(async (message, call) => {
      const request = parse((violations) => ({
        player: readPlayer(required(message.player, 'player'), violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.createPlayer(request, call)) }
    }),

    getPlayer: unary(async (message, call) => {
      const playerId = parse((violations) => readId(message.playerId, 'player_id', violations))
      return { player: writePlayer(await operations.getPlayer({ playerId }, call)) }
    }),

    exportPlayer: serverStream(async function* (message, call) {
      const playerId = parse((violations) => readId(message.playerId, 'player_id', violations))
      for await (const part of operations.exportPlayer({ playerId }, call)) yield writePlayerPart(part)
    }),

    listPlayers: unary(async (message, call) => {
      const request = parse((violations) => ({
        prefix: readText(message.prefix, 'prefix', violations, LIMITS.id),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listPlayers(request, call)
      return { players: items.map(writePlayer), nextPageToken: nextPageToken ?? '' }
    }),

    updatePlayer: unary(async (message, call) => {
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

    deletePlayer: unary(async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        etag: readEtag(message.etag, 'etag', violations),
        reason: readReason(message, violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      await operations.deletePlayer(request, call)
      return {}
    }),

    mergePlayers: unary(async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        absorbedPlayerId: readId(message.absorbedPlayerId, 'absorbed_player_id', violations),
        reason: readText(message.reason, 'reason', violations, LIMITS.reason),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.mergePlayers(request, call)) }
    }),

    linkAccount: unary(async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        account: readAccount(message.account, violations),
        reason: readReason(message, violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.linkAccount(request, call)) }
    }),

    unlinkAccount: unary(async (message, call) => {
      const request = parse((violations) => ({
        playerId: readId(message.playerId, 'player_id', violations),
        account: readAccount(message.account, violations),
        reason: readReason(message, violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      return { player: writePlayer(await operations.unlinkAccount(request, call)) }
    }),

    findPlayer: unary(async (message, call) => {
      const request = parse((violations) => ({
        dialect: readId(message.dialect, 'dialect', violations),
        accountId: readId(message.accountId, 'account_id', violations),
      }))
      return { player: writePlayer(await operations.findPlayer(request, call)) }
    }),
  }
}

/** Returns undefined for none, so that the digest of a request without a reason is that of versions before it. */
function readReason({ reason }: { readonly reason: string }, violations: Violations): string | undefined {
  return readText(reason, 'reason', violations, LIMITS.reason) || undefined
}
