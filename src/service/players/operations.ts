import * as right from '../authorization.ts'
import { authenticated, operation } from '../operation.ts'
import { accountOfPlayer } from './account-of-player.ts'
import { admitAccount } from './admit-account.ts'
import { createPlayer } from './create-player.ts'
import { deletePlayer } from './delete-player.ts'
import { findPlayer } from './find-player.ts'
import { getPlayer } from './get-player.ts'
import { linkAccount } from './link-account.ts'
import { listPlayers } from './list-players.ts'
import { playerOfAccount } from './player-of-account.ts'
import { unlinkAccount } from './unlink-account.ts'
import { updatePlayer } from './update-player.ts'

export const PLAYER_OPERATIONS = {
  createPlayer: operation(createPlayer, ({ player }) => [right.players(player.id, 'create')]),
  getPlayer: operation(getPlayer, ({ playerId }) => [right.player(playerId, 'read')]),
  findPlayer: operation(findPlayer, () => [right.players(right.ALL, 'read')]),
  listPlayers: operation(listPlayers, () => [right.players(right.ALL, 'read')]),
  updatePlayer: operation(updatePlayer, ({ playerId }) => [right.players(playerId, 'update')]),
  deletePlayer: operation(deletePlayer, ({ playerId }) => [right.players(playerId, 'delete')]),
  linkAccount: operation(linkAccount, ({ playerId }) => [right.players(playerId, 'update')]),
  unlinkAccount: operation(unlinkAccount, ({ playerId }) => [right.players(playerId, 'update')]),
  // Like findBoundTitle: only the meaning of a name that the caller has.
  playerOfAccount: operation(playerOfAccount, authenticated),
  admitAccount: operation(admitAccount, () => [right.someReport()]),
  accountOfPlayer: operation(accountOfPlayer, ({ titleId, playerId }) => [
    right.progress(titleId, playerId, 'read'),
  ]),
}
