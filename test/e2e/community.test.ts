import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { postJson } from '../support/post-json.ts'
import { callRpc } from '../support/rpc-call.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const TITLE = { title_id: 'isles' }
const GOAL = { ...TITLE, achievement_id: 'lighthouse' }

let database: TestDatabase
let server: RunningServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await ask('TitleService/CreateTitle', { title: TITLE })
  const text = { text: 'Light' }
  for (const [achievement_id, hidden, target] of [
    ['lighthouse', false, 10],
    ['secret', true, 100],
  ] as const) {
    const requirements = [{ requirement_id: 'oil', stat_code: 'oil', target: { integer: target } }]
    const achievement = {
      ...TITLE,
      achievement_id,
      hidden,
      name: text,
      participation: 'PARTICIPATION_COMMUNITY',
    }
    await ask('AchievementService/CreateAchievement', { achievement: { ...achievement, requirements } })
  }
  for (const [player_id, value] of [
    ['ann', 2],
    ['ben', 5],
    ['cat', 1],
  ] as const)
    await contribute(player_id, value)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function ask(path: string, request: object): Promise<Record<string, unknown>> {
  return (await postJson(`${server.url}/laurel.v1.${path}`, request)).body
}

const contribute = (player_id: string, value: number) =>
  ask('ProgressService/RecordStats', {
    ...TITLE,
    player_id,
    updates: [{ stat_code: 'oil', operation: 'STAT_OPERATION_INCREMENT', value }],
  })
const contributionOf = (playerId: string, value: number) => ({ achievementId: 'lighthouse', playerId, value })

test('the shared progress is listed with its goal, in pages, and without values of locked hidden ones for players', async () => {
  const path = 'CommunityService/ListCommunityProgress'
  const first = await ask(path, { ...TITLE, page_size: 1 })
  expect(first['progress']).toMatchObject([
    { titleId: 'isles', achievementId: 'lighthouse', value: 8, target: { integer: '10' } },
  ])
  const second = await ask(path, { ...TITLE, page_size: 1, page_token: first['nextPageToken'] })
  expect(second).toMatchObject({ progress: [{ achievementId: 'secret', value: 8 }] })
  expect(second['nextPageToken']).toBeUndefined()
  const { progress } = await ask(path, { ...TITLE, view: 'PROGRESS_VIEW_PLAYER' })
  expect(progress).toMatchObject([{ value: 8 }, { achievementId: 'secret' }])
  expect((progress as object[])[1]).not.toHaveProperty('value')
  expect((progress as object[])[1]).not.toHaveProperty('target')
})

test('contributors are listed once each, the highest first, though contributions below rise between pages', async () => {
  const path = 'CommunityService/ListContributors'
  const first = await ask(path, { ...GOAL, page_size: 1 })
  expect(first['contributions']).toMatchObject([contributionOf('ben', 5)])
  await contribute('cat', 0.5)
  const rest = await ask(path, { ...GOAL, page_size: 5, page_token: first['nextPageToken'] })
  expect(rest['contributions']).toMatchObject([contributionOf('ann', 2), contributionOf('cat', 1.5)])
  const { contributions } = await ask('CommunityService/ListContributions', { ...TITLE, player_id: 'ann' })
  expect(contributions).toMatchObject([contributionOf('ann', 2), { achievementId: 'secret', value: 2 }])
  expect(JSON.stringify(contributions)).not.toContain('claimable')
})

test('a reward is claimed once after the unlock, and a reset deletes all contributions', async () => {
  const claim = { ...GOAL, player_id: 'ann' }
  expect(await ask('CommunityService/ClaimReward', claim)).toMatchObject({ code: 'failed_precondition' })
  await contribute('ben', 2)
  const own = await ask('CommunityService/ListContributions', { ...TITLE, player_id: 'ann' })
  expect(own['contributions']).toMatchObject([{ claimable: true }, {}])
  const claimed = await ask('CommunityService/ClaimReward', claim)
  expect(claimed).toMatchObject({ newlyClaimed: true, claimTime: expect.any(String) })
  expect(await ask('CommunityService/ClaimReward', claim)).toEqual({ claimTime: claimed['claimTime'] })
  expect(await ask('CommunityService/ClaimReward', { ...GOAL, player_id: 'dan' })).toMatchObject({
    code: 'failed_precondition',
  })
  const reset = { ...GOAL, reason: 'a bot', request_id: 'reset-1' }
  expect(await ask('CommunityService/ResetCommunityProgress', reset)).toEqual({})
  expect(await ask('CommunityService/ListContributors', GOAL)).toEqual({})
  const { auditEntries } = await ask('AuditService/ListAuditEntries', { ...TITLE, resource_id: 'lighthouse' })
  expect((auditEntries as object[])[0]).toMatchObject({
    operation: 'CommunityService/ResetCommunityProgress',
    resourceType: 'AUDIT_RESOURCE_TYPE_PROGRESS',
    reason: 'a bot',
    requestId: 'reset-1',
  })
})

test.each([
  [
    'listCommunityProgress',
    { titleId: '', pageSize: -1 },
    /title_id must be set; page_size must not be negative/,
  ],
  ['listContributors', { titleId: 'isles' }, /achievement_id must be set/],
  ['listContributors', { titleId: 'isles', achievementId: 'none' }, /achievement none does not exist/],
  ['listContributions', { titleId: 'none', playerId: 'ann' }, /title none does not exist/],
  [
    'claimReward',
    { titleId: 'isles', playerId: 'ann', achievementId: 'none' },
    /achievement none does not exist/,
  ],
  [
    'resetCommunityProgress',
    { titleId: 'isles', achievementId: 'x', reason: 'x'.repeat(1025) },
    /reason must be at most/,
  ],
])('%s refuses a wrong request with the remedy', async (rpc, request, message) => {
  expect((await callRpc(server.address, rpc, request, undefined)).message).toMatch(message)
})
