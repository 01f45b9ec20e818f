import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Participation } from '../../src/gen/laurel/v1/achievement.ts'
import {
  ExportPlayerRequest,
  type ExportPlayerResponse,
  PlayerServiceClient,
} from '../../src/gen/laurel/v1/player_service.ts'
import { createClient } from '../support/client.ts'
import { callConnect } from '../support/connect-call.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { callRpc } from '../support/rpc-call.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const EVENTS = 1200

let database: TestDatabase
let server: RunningServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.url,
    env: { LAUREL_CREDENTIAL_HOOK: `whsec_${Buffer.alloc(24).toString('base64')}` },
  })
  const text = { locale: 'en', text: 'x' }
  for (const titleId of ['first', 'second']) {
    await ask('createTitle', { title: { titleId, displayName: '', defaultLocale: 'en' } })
    const requirements = [
      { requirementId: 'r', statCode: 'kills', target: { value: { $case: 'integer', value: 9n } } },
    ]
    const plain = { titleId, name: text, description: text }
    await ask('createAchievement', { achievement: { ...plain, achievementId: 'plain' } })
    const shared = { ...plain, achievementId: 'shared', participation: Participation.COMMUNITY, requirements }
    await ask('createAchievement', { achievement: shared })
    const destination = { titleId, destinationId: 'hook', dialect: 'webhook', url: 'https://laurel.invalid/' }
    await ask('createDestination', {
      destination: { ...destination, credential: 'env:LAUREL_CREDENTIAL_HOOK' },
    })
  }
  for (const playerId of ['eve', 'eva', 'other']) {
    await ask('createPlayer', { player: { playerId, displayName: playerId } })
    for (const titleId of playerId === 'eva' ? ['second'] : ['first', 'second']) {
      await ask('unlockAchievement', { titleId, playerId, achievementId: 'plain' })
      await ask('recordStats', {
        titleId,
        playerId,
        updates: [{ statCode: 'kills', operation: 1, value: 1 }],
      })
    }
  }
  await ask('mergePlayers', { playerId: 'eve', absorbedPlayerId: 'eva', reason: 'one person' })
  await onDatabase(
    database.url,
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
     select 'eve', 'first', 'plain', 'progressed', n, 'in_progress', 1, '', '', '' from generate_series(1, $1::int) n`,
    [EVENTS],
  )
  await vi.waitFor(async () => expect(await countDeliveries()).toBe(2), 600_000)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function ask(rpc: string, request: object): Promise<void> {
  expect(await callRpc(server.address, rpc, request, undefined), rpc).toMatchObject({ code: status.OK })
}

async function countDeliveries(): Promise<number> {
  const query = `select count(distinct title_id)::int as count from deliveries where player_id = 'eve'`
  return Number((await onDatabase<{ count: number }>(database.url, query))[0]?.count)
}

async function partsOf(playerId: string): Promise<readonly ExportPlayerResponse[]> {
  using client = createClient(PlayerServiceClient, server.address)
  return await Array.fromAsync(
    client.exportPlayer(ExportPlayerRequest.fromPartial({ playerId })) as AsyncIterable<ExportPlayerResponse>,
  )
}

test.each(['eve', 'eva'])('exports all data of a player, by the id %s', async (playerId) => {
  const parts = await partsOf(playerId)
  expect(parts[0]).toMatchObject({ player: { playerId: 'eve' }, absorbedPlayerIds: ['eva'] })
  const titles = ['first', 'second']
  expect(parts.flatMap(({ summary }) => summary ?? [])).toMatchObject(
    titles.map((titleId) => ({ titleId, unlockedCount: 1 })),
  )
  expect(parts.flatMap(({ progress }) => progress)).toMatchObject(
    titles.map((titleId) => ({ titleId, achievementId: 'plain' })),
  )
  const ofTitles = (name: 'statValues' | 'contributions') =>
    parts.filter((part) => part[name].length > 0).map((part) => [part.titleId, part[name][0]])
  expect(ofTitles('statValues')).toMatchObject([
    ['first', { statCode: 'kills', value: 1 }],
    ['second', { statCode: 'kills' }],
  ])
  expect(ofTitles('contributions')).toMatchObject([
    ['first', { achievementId: 'shared', playerId: 'eve', value: 1 }],
    ['second', { achievementId: 'shared', playerId: 'eve', value: 2 }],
  ])
  const deliveries = parts.flatMap((part) => part.deliveries)
  expect(new Set(deliveries.map(({ titleId }) => titleId))).toEqual(new Set(titles))
  const events = parts.flatMap((part) => part.events)
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length)
  expect(events.length).toBeGreaterThan(EVENTS)
  expect(new Set(events.map((event) => event.playerId))).toEqual(new Set(['eve', 'eva']))
  expect(parts.flatMap((part) => part.auditEntries).map(({ operation }) => operation)).toEqual(
    ['CreatePlayer', 'MergePlayers', 'CreatePlayer'].map((rpc) => `PlayerService/${rpc}`),
  )
  const inJson = JSON.stringify(parts, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
  expect(inJson).not.toContain('other')
})

test('fails for a player who does not exist or is deleted', async () => {
  await ask('createPlayer', { player: { playerId: 'gone' } })
  await ask('deletePlayer', { playerId: 'gone' })
  for (const playerId of ['none', 'gone'])
    for (const call of [
      callRpc(server.address, 'exportPlayer', { playerId }, undefined),
      callConnect(server.url, 'exportPlayer', { playerId }, undefined),
    ])
      expect(await call).toEqual({ code: status.NOT_FOUND, message: `player ${playerId} does not exist` })
  expect(await callRpc(server.address, 'exportPlayer', { playerId: '' }, undefined)).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: 'player_id must be set',
  })
})

test('is served over HTTP as a stream', async () => {
  expect(await callConnect(server.url, 'exportPlayer', { playerId: 'eve' }, undefined)).toMatchObject({
    code: status.OK,
  })
})
