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
import { createWorld } from '../support/route-fixture.ts'
import { PLACES, paramsOf, ROUTE_REQUESTS, titleIdOf } from '../support/route-requests.ts'
import { type RunningServer, startServer } from '../support/server.ts'

type Who = 'player' | 'service'
/** The own title masks hidden achievements, the other one does not. */
type Which = 'own' | 'other'

/** Ways of the routes that tell players texts of hidden achievements, where the title does not mask them. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  accelbyte: [
    'ListUserContributions',
    'PublicGetAchievement',
    'PublicListAchievements',
    'PublicListGlobalAchievements',
    'PublicListTags',
    'PublicListUserAchievements',
  ],
  // Discord leaves a secret out of the user's list until it is complete.
  discord: [],
  xbox: [
    'getAchievement',
    'listAchievements',
    'listAchievements, of all titles',
    'listAchievements, of me',
    'listAchievements, possible ones',
    'listTitleAchievements',
  ],
}
const TELLING_ONCE_UNLOCKED = { ...TELLING, discord: ['list user achievements'] }
/** Routes that read though their method does not say so. */
const READING = new Set(['AdminBatchQueryUserAchievements'])

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: Readonly<Record<Who, string>>

const TITLES = PLACES.flatMap((_, place) =>
  (['own', 'other'] as const).map((title) => titleIdOf({ place, title })),
)
const secretOf = (titleId: string) => `the secret of ${titleId}.`

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth(TITLES)
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  tokens = { service: auth.service, player: await auth.player('ann') }
  await createWorld(server.address, auth.operator)
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
      ...{ titleId, achievementId, hidden: true, name: text, description: text, lockedDescription: text },
      ...{
        tags: [secret],
        deepLink: url,
        rewards: [{ kind: RewardKind.IN_APP, name: secret, value: secret }],
      },
    }
    const updateMask = ['hidden', 'name', 'description', 'locked_description', 'tags', 'deep_link', 'rewards']
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

/** Each way of each reading route of a place. */
function waysOf(place: number): readonly (readonly [way: string, path: string, method: string])[] {
  const { gateway } = PLACES[place] as (typeof PLACES)[number]
  const requests = Object.keys(ROUTE_REQUESTS[gateway.dialect] ?? {})
  return gateway.routes
    .filter(({ method, name }) => method === 'GET' || READING.has(name))
    .flatMap(({ name, path, method }) => {
      const ways = requests.filter((way) => way.split(', ')[0] === name)
      return [...new Set([name, ...ways])].map((way) => [way, path, method] as const)
    })
}

async function ask(
  place: number,
  title: Which,
  who: Who,
  [way, path, method]: readonly [string, string, string],
): Promise<string> {
  const { gateway, mount } = PLACES[place] as (typeof PLACES)[number]
  const target = { place, title, player: 'ann' } as const
  const { params, query, headers, body } = ROUTE_REQUESTS[gateway.dialect]?.[way]?.(target) ?? {}
  const named: Readonly<Record<string, string>> = {
    file: `${'0'.repeat(32)}.png`,
    ...paramsOf(target),
    ...params,
  }
  const filled = path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(named[name] as string))
  const scheme = gateway.dialect === 'xbox' ? 'XBL3.0 x=1;' : who === 'service' ? 'Bot ' : 'Bearer '
  const answer = await fetch(`${server.url}${mount}${filled}?${new URLSearchParams(query)}`, {
    method,
    headers: { ...headers, authorization: scheme + tokens[who] },
    ...(body && { body: JSON.stringify(body) }),
  })
  return decodeURIComponent(await answer.text())
}

/** The ways that tell something of the title's hidden achievements. */
async function telling(place: number, title: Which, who: Who): Promise<readonly string[]> {
  const secret = secretOf(titleIdOf({ place, title }))
  const found: string[] = []
  for (const way of waysOf(place)) {
    if ((await ask(place, title, who, way)).includes(secret)) found.push(way[0])
  }
  return found.sort()
}

describe.each(PLACES.map(({ mount }, place) => [mount, place] as const))('%s', (mount, place) => {
  const { dialect } = (PLACES[place] as (typeof PLACES)[number]).gateway
  const expected = mount === '/discord/cdn' ? [] : TELLING[dialect]
  const once =
    mount === '/discord/cdn' ? [] : TELLING_ONCE_UNLOCKED[dialect as keyof typeof TELLING_ONCE_UNLOCKED]

  test('tells players of what is hidden as its platform does, and nothing of it where the title masks it', async () => {
    expect(await telling(place, 'other', 'player')).toEqual(expected)
    expect(await telling(place, 'own', 'player')).toEqual([])
  })

  test('tells a service the same, whether the title masks or not', async () => {
    const told = await telling(place, 'other', 'service')
    expect(told).toEqual(expect.arrayContaining(dialect === 'accelbyte' ? [...(expected ?? [])] : []))
    expect(await telling(place, 'own', 'service')).toEqual(told)
  })

  test('tells the player all of it once it is unlocked', async () => {
    for (const title of ['own', 'other'] as const) await unlockAll(titleIdOf({ place, title }))
    expect(await telling(place, 'other', 'player')).toEqual(once)
    expect(await telling(place, 'own', 'player')).toEqual(once)
  })
})

test('masks what serves games, where no credentials are checked, and not what serves operators', async () => {
  await using open = await startServer({ databaseUrl: database.url })
  const place = PLACES.findIndex(({ mount }) => mount === '/accelbyte')
  // Its achievements are not unlocked by ben.
  const { namespace = '' } = paramsOf({ place, title: 'own', player: 'ben' })
  const secret = secretOf(titleIdOf({ place, title: 'own' }))
  const list = async (audience: string) => {
    const path = `/accelbyte/achievement/v1/${audience}/namespaces/${namespace}/users/user-two/achievements`
    return (await fetch(open.url + path)).text()
  }
  expect(await list('public')).not.toContain(secret)
  expect(await list('admin')).toContain(secret)
})
