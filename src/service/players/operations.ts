import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { accountOfPlayer, admitAccount, linkAccount, playerOfAccount, unlinkAccount } from './accounts.ts'
import { exportPlayer } from './export-player.ts'
import { followMerges } from './follow-merges.ts'
import { mergePlayers } from './merge-players.ts'
import { createPlayer, deletePlayer, findPlayer, getPlayer, listPlayers, updatePlayer } from './players.ts'

export const PLAYER_OPERATIONS = {
  createPlayer: operation(createPlayer, ({ player }) => [permission.players(player.id, 'create')]),
  mergePlayers: operation(mergePlayers, ({ playerId, absorbedPlayerId }) => [
    permission.players(playerId, 'update'),
    permission.players(absorbedPlayerId, 'delete'),
  ]),
  getPlayer: operation(followMerges(getPlayer), ({ playerId }) => [permission.player(playerId, 'read')]),
  exportPlayer: operation(exportPlayer, ({ playerId }) => [
    permission.players(playerId, 'read'),
    permission.enforcement(permission.ALL, playerId, 'read'),
    permission.audit(permission.ALL),
  ]),
  findPlayer: operation(findPlayer, () => [permission.players(permission.ALL, 'read')]),
  listPlayers: operation(listPlayers, () => [permission.players(permission.ALL, 'read')]),
  updatePlayer: operation(followMerges(updatePlayer), ({ playerId }) => [
    permission.players(playerId, 'update'),
  ]),
  deletePlayer: operation(followMerges(deletePlayer), ({ playerId }) => [
    permission.players(playerId, 'delete'),
  ]),
  linkAccount: operation(followMerges(linkAccount), ({ playerId }) => [
    permission.players(playerId, 'update'),
  ]),
  unlinkAccount: operation(followMerges(unlinkAccount), ({ playerId }) => [
    permission.players(playerId, 'update'),
  ]),
  // Like findBoundTitle: only resolves an id that the caller has.
  playerOfAccount: operation(playerOfAccount, 'authenticated'),
  admitAccount: operation(admitAccount, () => [permission.someReport()]),
  accountOfPlayer: operation(
    followMerges(accountOfPlayer, (account) => account === undefined),
    ({ titleId, playerId }) => [permission.progress(titleId, playerId, 'read')],
  ),
}
