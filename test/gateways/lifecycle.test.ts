import '../support/toy-listed.ts'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lifecycle } from '../../src/gen/laurel/v1/achievement.ts'
import {
  AchievementServiceClient,
  UpdateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import {
  ListProgressRequest,
  ProgressServiceClient,
  RecordStatsRequest,
  StatOperation,
  UnlockAchievementRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
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

let database: TestDatabase
let server: ServerProcess
let auth: Awaited<ReturnType<typeof createAuth>>
let ann: string

const TITLES = MOUNTED.flatMap((mounted) => WHICH.map((title) => titleIdOf(mounted, title)))
/** The name and tag of a title's achievements: a response that has it shows one of them. */
const nameOf = (titleId: string) => `an achievement of ${titleId}.`

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth(TITLES)
  server = await startServerProcess({ databaseUrl: database.url, env: auth.env, withToy: true })
  ann = await auth.player('ann')
  await createRouteFixture(server.address, auth.operator)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

const asOperator = () => ({ metadata: { authorization: `Bearer ${auth.operator}` } })

/** Sets the lifecycle of the achievement that ann has begun, and of the goal that she contributed to. */
async function setLifecycle(titleId: string, lifecycle: Lifecycle): Promise<void> {
  using achievements = createClient(AchievementServiceClient, server.address)
  for (const achievementId of ['a', 'goal']) {
    const name = nameOf(titleId)
    const achievement = {
      titleId,
      achievementId,
      lifecycle,
      name: { locale: 'en', text: name },
      tags: [name],
    }
    const updateMask = ['lifecycle', 'name', 'tags']
    const request = UpdateAchievementRequest.fromPartial({ achievement, updateMask })
    await callUnary(achievements, 'updateAchievement', request, asOperator())
  }
}

async function unlockAll(titleId: string): Promise<void> {
  using progress = createClient(ProgressServiceClient, server.address)
  const key = { titleId, playerId: 'ann' }
  const unlock = UnlockAchievementRequest.fromPartial({ ...key, achievementId: 'a' })
  await callUnary(progress, 'unlockAchievement', unlock, asOperator())
  const updates = [{ statCode: 'flags', operation: StatOperation.SET, value: 20 }]
  await callUnary(progress, 'recordStats', RecordStatsRequest.fromPartial({ ...key, updates }), asOperator())
}

/** The reading calls of a mount whose response to ann shows one of the achievements. */
async function showing(mounted: Mounted, title: Which): Promise<readonly string[]> {
  const { routes, fixtures } = mounted
  const reading = routes.filter(
    ({ method, name }) => method === 'GET' || fixtures.hidden.readingRoutes.includes(name),
  )
  const name = nameOf(titleIdOf(mounted, title))
  const found: string[] = []
  for (const call of Object.keys(fixtures.access)) {
    if (!reading.some(({ name }) => name === routeNameOf(call))) continue
    const target = targetOf(mounted, title, 'ann')
    const response = await send(server.url, mounted, call, target, { token: ann, caller: 'player' })
    if ((await response.text()).includes(name)) found.push(call)
  }
  return found.sort()
}

/** The calls that show a player a hidden achievement show another one too. */
function beforeUnlock({ routes, fixtures: { hidden } }: Mounted): readonly string[] {
  return hidden.beforeUnlock.filter((call) => routes.some(({ name }) => name === routeNameOf(call)))
}

describe.each(MOUNTED)('$mount', (mounted) => {
  // A title for each: platforms limit how often a player may list its achievements.
  const [own, other] = WHICH.map((title) => titleIdOf(mounted, title)) as [string, string]

  test('shows a player neither drafts nor retired achievements', async () => {
    await setLifecycle(own, Lifecycle.LIVE)
    const shown = await showing(mounted, 'own')
    expect(shown).toEqual(expect.arrayContaining([...beforeUnlock(mounted)]))
    for (const lifecycle of [Lifecycle.DRAFT, Lifecycle.RETIRED]) {
      await setLifecycle(own, lifecycle)
      expect(await showing(mounted, 'own')).toEqual([])
    }
  })

  test('shows a player the retired achievements that the player has unlocked', async () => {
    await setLifecycle(other, Lifecycle.LIVE)
    await unlockAll(other)
    const live = await showing(mounted, 'other')
    await setLifecycle(other, Lifecycle.RETIRED)
    const retired = await showing(mounted, 'other')
    expect(live).toEqual(expect.arrayContaining([...retired]))
    expect(retired.length > 0).toBe(live.length > 0)
  })

  test('takes no report on a draft', async () => {
    await setLifecycle(own, Lifecycle.DRAFT)
    for (const call of mounted.fixtures.reports) {
      if (!mounted.routes.some(({ name }) => name === routeNameOf(call))) continue
      const target = targetOf(mounted, 'own', 'ann')
      const credential = { token: auth.service, caller: 'service' } as const
      const response = await send(server.url, mounted, call, target, credential)
      expect(response.status, `${call}: ${await response.text()}`).toBeLessThan(500)
    }
    await setLifecycle(own, Lifecycle.LIVE)
    using progress = createClient(ProgressServiceClient, server.address)
    const request = ListProgressRequest.fromPartial({ titleId: own, playerId: 'ann' })
    const { items } = await callUnary(progress, 'listProgress', request, asOperator())
    expect(items[0]?.progress).toMatchObject({ achievementId: 'a', percent: 1 })
  })
})
