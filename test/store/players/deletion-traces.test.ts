import { afterAll, beforeAll, expect, test } from 'vitest'
import { linkAccount, unlinkAccount } from '../../../src/service/players/accounts.ts'
import { mergePlayers } from '../../../src/service/players/merge-players.ts'
import { createPlayer, deletePlayer, updatePlayer } from '../../../src/service/players/players.ts'
import {
  resetProgress,
  restoreAchievement,
  revokeAchievement,
} from '../../../src/service/progress/enforcement.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { CODED } from '../../support/documents.ts'
import { createPlayedTitle, titleId, unlock } from '../../support/played-title.ts'
import { callOf } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>
beforeAll(async () => {
  played = await createPlayedTitle()
})
afterAll(() => played[Symbol.asyncDispose]())

let requests = 0
const next = () => {
  requests += 1
  return { requestId: `request-${requests}` }
}
const creation = { player: { id: 'zoe', displayName: 'Trace Zimmer', accounts: [] }, requestId: 'creation' }

/** Returns the tables in which a text occurs. */
async function tablesWith(text: string): Promise<readonly string[]> {
  const { databaseUrl } = played.services
  const tables = await onDatabase<{ name: string }>(
    databaseUrl,
    `select table_name as name from information_schema.tables where table_schema = 'public'
       and not (select relispartition from pg_class where oid = table_name::regclass) order by 1`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const [row] = await onDatabase(
      databaseUrl,
      `select from "${name}" t where strpos(t::text, $1) > 0 limit 1`,
      [text],
    )
    if (row !== undefined) found.push(name)
  }
  return found
}

test('a deletion leaves the id of a player in events of the deletion and in request scopes, and nothing else', async () => {
  const { services } = played
  const call = callOf()
  await createPlayer(services, creation, call)
  const patch = { displayName: 'Trace Zimmermann' }
  await updatePlayer(services, { playerId: 'zoe', etag: undefined, patch, ...next() }, call)
  const account = { dialect: CODED, id: 'trace-account' }
  await linkAccount(services, { playerId: 'zoe', account, ...next() }, call)
  await unlinkAccount(services, { playerId: 'zoe', account, ...next() }, call)
  await linkAccount(services, { playerId: 'zoe', account, ...next() }, call)
  await played.record('zoe-2', 'plain', unlock)
  await mergePlayers(
    services,
    { playerId: 'zoe', absorbedPlayerId: 'zoe-2', reason: 'trace reason', ...next() },
    call,
  )
  const key = { titleId, playerId: 'zoe', achievementId: 'plain', reason: 'trace reason' }
  await revokeAchievement(services, { ...key, ...next() }, call)
  await restoreAchievement(services, { ...key, ...next() }, call)
  await resetProgress(services, { ...key, ...next() }, call)
  expect(await tablesWith('Trace Zimmer')).not.toEqual([])
  await deletePlayer(services, { playerId: 'zoe', etag: undefined, requestId: 'deletion' }, call)
  for (const text of ['Trace Zimmer', 'trace-account', 'trace reason'])
    expect(await tablesWith(text)).toEqual([])
  expect(await tablesWith('zoe')).toEqual(['definition_requests', 'events'])
})

test('a late retry from before the deletion neither creates the player again nor returns the record', async () => {
  await expect(createPlayer(played.services, creation, callOf())).rejects.toMatchObject({
    reason: 'PLAYER_DELETED',
  })
  const deletion = { playerId: 'zoe', etag: undefined, requestId: 'deletion' }
  await expect(deletePlayer(played.services, deletion, callOf())).resolves.toBeUndefined()
  await createPlayer(played.services, { ...creation, requestId: 'another' }, callOf())
})
