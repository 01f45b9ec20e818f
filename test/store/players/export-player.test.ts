import { afterAll, beforeAll, expect, test } from 'vitest'
import { exportPlayer } from '../../../src/service/players/export-player.ts'
import { mergePlayers } from '../../../src/service/players/merge-players.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import { createPlayedTitle } from '../../support/played-title.ts'
import { callOf } from '../../support/services.ts'

const once = { requestId: undefined }

let played: Awaited<ReturnType<typeof createPlayedTitle>>
beforeAll(async () => {
  played = await createPlayedTitle()
})
afterAll(() => played[Symbol.asyncDispose]())

const CHANGES = {
  deleted: (playerId: string) =>
    deletePlayer(played.services, { playerId, etag: undefined, ...once }, callOf()),
  merged: async (playerId: string) => {
    const player = { id: `of-${playerId}`, displayName: '', accounts: [] }
    await createPlayer(played.services, { player, ...once }, callOf())
    const merge = { playerId: player.id, absorbedPlayerId: playerId, reason: '', ...once }
    await mergePlayers(played.services, merge, callOf())
  },
}

test.each(Object.entries(CHANGES))(
  'an export of a player that is %s meanwhile fails',
  async (name, change) => {
    const playerId = `player-${name}`
    await played.record(playerId, 'plain', { kind: 'unlock' })
    const parts = exportPlayer(played.services, { playerId }, callOf())
    expect((await parts.next()).value).toMatchObject({ kind: 'player' })
    await change(playerId)
    await expect(Array.fromAsync(parts)).rejects.toMatchObject({ reason: 'PLAYER_NOT_FOUND' })
  },
)
