import '../support/toy-listed.ts'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RewardKind } from '../../src/gen/laurel/v1/achievement.ts'
import {
  AchievementServiceClient,
  UpdateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import {
  ProgressServiceClient,
  RecordStatsRequest,
  StatOperation,
  UnlockAchievementRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { TitleServiceClient, UpdateTitleRequest } from '../../src/gen/laurel/v1/title_service.ts'
import { createAuth } from '../support/auth.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createRouteFixture } from '../support/route-fixture.ts'
import {
  MOUNTED,
  type Mounted,
  routeNameOf,
  send,
  targetOf,
  titleIdOf,
  WHICH,
  type Which,
} from '../support/routes.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

type Who = 'player' | 'service'

let database: TestDatabase
let server: ServerProcess
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: Readonly<Record<Who, string>>

/** The own titles mask hidden achievements, the others do not. */
const TITLES = MOUNTED.flatMap((mounted) => WHICH.map((title) => titleIdOf(mounted, title)))
const secretOf = (titleId: string) => `the secret of ${titleId}.`

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth(TITLES)
  server = await startServerProcess({ databaseUrl: database.url, env: auth.env, withToy: true })
  tokens = { service: auth.service, player: await auth.player('ann') }
  await createRouteFixture(server.address, auth.operator)
  for (const titleId of TITLES) await hideAll(titleId)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

const asOperator = () => ({ metadata: { authorization: `Bearer ${auth.operator}` } })

/** Hides the achievement that ann has begun, and the goal that she contributed to. */
async function hideAll(titleId: string): Promise<void> {
  using achievements = createClient(AchievementServiceClient, server.address)
  using titles = createClient(TitleServiceClient, server.address)
  const secret = secretOf(titleId)
  const text = { locale: 'en', text: secret, translations: new Map([['de', secret]]) }
  const url = `https://cdn.test/${encodeURIComponent(secret)}`
  for (const achievementId of ['a', 'goal']) {
    const achievement = {
      titleId,
      achievementId,
      hidden: true,
      name: text,
      description: text,
      tags: [secret],
      deepLink: url,
      rewards: [{ kind: RewardKind.IN_APP, name: secret, value: secret }],
    }
    const updateMask = ['hidden', 'name', 'description', 'tags', 'deep_link', 'rewards']
    const request = UpdateAchievementRequest.fromPartial({ achievement, updateMask })
    await callUnary(achievements, 'updateAchievement', request, asOperator())
  }
  if (titleId.startsWith('other')) return
  const title = { titleId, maskHiddenInGateways: true }
  const updated = await callUnary(
    titles,
    'updateTitle',
    UpdateTitleRequest.fromPartial({ title, updateMask: ['mask_hidden_in_gateways'] }),
    asOperator(),
  )
  expect(updated.title).toMatchObject({ maskHiddenInGateways: true, displayName: titleId })
}

async function unlockAll(titleId: string): Promise<void> {
  using progress = createClient(ProgressServiceClient, server.address)
  const key = { titleId, playerId: 'ann' }
  const unlock = UnlockAchievementRequest.fromPartial({ ...key, achievementId: 'a' })
  await callUnary(progress, 'unlockAchievement', unlock, asOperator())
  const updates = [{ statCode: 'flags', operation: StatOperation.SET, value: 20 }]
  await callUnary(progress, 'recordStats', RecordStatsRequest.fromPartial({ ...key, updates }), asOperator())
}

/** The calls of a mount that read. */
function readingCalls({ routes, fixtures: { access, hidden } }: Mounted): readonly string[] {
  const reading = routes.filter(({ method, name }) => method === 'GET' || hidden.readingRoutes.includes(name))
  return Object.keys(access).filter((call) => reading.some(({ name }) => name === routeNameOf(call)))
}

/** The calls whose response has a text of the title's hidden achievements. */
async function showing(mounted: Mounted, title: Which, who: Who): Promise<readonly string[]> {
  const secret = secretOf(titleIdOf(mounted, title))
  const found: string[] = []
  for (const call of readingCalls(mounted)) {
    const target = targetOf(mounted, title, 'ann')
    const response = await send(server.url, mounted, call, target, { token: tokens[who], caller: who })
    if (decodeURIComponent(await response.text()).includes(secret)) found.push(call)
  }
  return found.sort()
}

describe.each(MOUNTED)('$mount', (mounted) => {
  const { hidden } = mounted.fixtures
  const served = (calls: readonly string[]) => calls.filter((call) => readingCalls(mounted).includes(call))

  test('shows hidden achievements to players as its platform does, and none where the title masks them', async () => {
    expect(await showing(mounted, 'other', 'player')).toEqual(served(hidden.beforeUnlock))
    expect(await showing(mounted, 'own', 'player')).toEqual([])
  })

  test('shows a service the same, whether the title masks or not', async () => {
    const shown = await showing(mounted, 'other', 'service')
    expect(shown).toEqual(expect.arrayContaining([...served(hidden.toService)]))
    expect(await showing(mounted, 'own', 'service')).toEqual(shown)
  })

  test('shows the player all of it after the unlock', async () => {
    for (const title of WHICH) await unlockAll(titleIdOf(mounted, title))
    expect(await showing(mounted, 'other', 'player')).toEqual(served(hidden.afterUnlock))
    expect(await showing(mounted, 'own', 'player')).toEqual(served(hidden.afterUnlock))
  })
})

test('masks the routes for games but not those for operators, where no credentials are checked', async () => {
  await using unchecked = await startServerProcess({ databaseUrl: database.url, withToy: true })
  let checked = 0
  for (const mounted of MOUNTED) {
    // Ben has not unlocked its achievements.
    const target = targetOf(mounted, 'own', 'ben')
    const secret = secretOf(titleIdOf(mounted, 'own'))
    const read = async (call: string) => {
      checked += 1
      return decodeURIComponent(await (await send(unchecked.url, mounted, call, target, undefined)).text())
    }
    const { masked, shown } = mounted.fixtures.hidden.unchecked
    for (const call of masked) expect(await read(call), call).not.toContain(secret)
    for (const call of shown) expect(await read(call), call).toContain(secret)
  }
  expect(checked).toBeGreaterThan(1)
})
