import { rmSync } from 'node:fs'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createWorld } from '../support/route-fixture.ts'
import { type Outcome, outcomeOf } from '../support/route-outcomes.ts'
import {
  bindingsOf,
  PLACES,
  paramsOf,
  ROUTE_REQUESTS,
  type RouteTarget,
  titleIdOf,
} from '../support/route-requests.ts'
import { type RunningServer, startServer } from '../support/server.ts'

type Who = 'anonymous' | 'player' | 'service' | 'operator'

/** Each kind of route: who may, of which title and which player. Nobody who is unknown may do anything. */
const MAY = {
  /** Those who run all of it. */
  running: (who: Who) => who === 'operator',
  /** Those who look after the title. */
  tending,
  /** They, and players for themselves. */
  playing: (who: Who, target: RouteTarget) =>
    tending(who, target) || (isAnn(who, target) && target.player === 'ann'),
  /** They, and whoever plays the title. */
  showing: (who: Who, target: RouteTarget) => tending(who, target) || isAnn(who, target),
  /** Whoever plays the title, of themselves alone, because they are not named. */
  being: isAnn,
} as const

/** Kinds of which another thing than the caller decides. */
type Kind = keyof typeof MAY | 'open' | 'unserved' | 'being, others are nowhere'

function tending(who: Who, { title }: RouteTarget): boolean {
  return who === 'operator' || (who === 'service' && title === 'own')
}

/** The token is ann's, for the own title. */
function isAnn(who: Who, { title }: RouteTarget): boolean {
  return who === 'player' && title === 'own'
}

const TABLE: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  accelbyte: {
    AdminListAchievements: 'tending',
    AdminCreateNewAchievement: 'tending',
    AdminGetAchievement: 'tending',
    AdminUpdateAchievement: 'tending',
    AdminUpdateAchievementListOrder: 'tending',
    AdminDeleteAchievement: 'running',
    PublicListAchievements: 'showing',
    PublicGetAchievement: 'showing',
    ExportAchievements: 'tending',
    ImportAchievements: 'tending',
    AdminListTags: 'tending',
    PublicListTags: 'showing',
    AdminListUserAchievements: 'tending',
    PublicListUserAchievements: 'playing',
    AdminBatchQueryUserAchievements: 'tending',
    AdminUnlockAchievement: 'tending',
    PublicUnlockAchievement: 'playing',
    AdminBulkUnlockAchievement: 'tending',
    PublicBulkUnlockAchievement: 'playing',
    AdminResetAchievement: 'running',
    AdminAnonymizeUserAchievement: 'running',
    AdminListGlobalAchievements: 'tending',
    PublicListGlobalAchievements: 'showing',
    AdminListGlobalAchievementContributors: 'tending',
    ListGlobalAchievementContributors: 'showing',
    AdminListUserContributions: 'tending',
    ListUserContributions: 'playing',
    ResetGlobalAchievement: 'running',
    ClaimGlobalAchievementReward: 'playing',
    BulkCreatePSNEvent: 'unserved',
    getStats: 'tending',
    queryStats: 'tending',
    createStat: 'tending',
    createStat_1: 'tending',
    getStat: 'tending',
    updateStat: 'tending',
    deleteStat: 'running',
    deleteTiedStat: 'running',
    getUserStatItems: 'tending',
    publicQueryUserStatItems_1: 'playing',
    'publicQueryUserStatItems_1, of me': 'being',
    publicQueryUserStatItems: 'playing',
    AdminListUsersStatItems: 'tending',
    publicQueryUserStatItems_2: 'playing',
    getStatItems: 'tending',
    bulkFetchStatItems: 'tending',
    bulkFetchStatItems_1: 'playing',
    bulkFetchOrDefaultStatItems: 'tending',
    bulkFetchOrDefaultStatItems_1: 'tending',
    bulkGetOrDefaultByUserId: 'tending',
    incUserStatItemValue: 'tending',
    publicIncUserStatItemValue: 'playing',
    'publicIncUserStatItemValue, of me': 'being',
    publicIncUserStatItem: 'playing',
    updateUserStatItemValue: 'tending',
    updateUserStatItemValue_1: 'playing',
    resetUserStatItemValue: 'tending',
    resetUserStatItemValue_1: 'playing',
    createUserStatItem: 'tending',
    publicCreateUserStatItem: 'playing',
    deleteUserStatItems: 'running',
    deleteUserStatItems_1: 'running',
    deleteUserStatItems_2: 'running',
    'admin bulkIncUserStatItemValue v1': 'tending',
    'admin bulkIncUserStatItemValue v1 of many': 'tending',
    'public bulkIncUserStatItemValue v1': 'playing',
    'public bulkIncUserStatItemValue v1 of many': 'playing',
    'admin bulkIncUserStatItem v1': 'tending',
    'admin bulkIncUserStatItem v1 of many': 'tending',
    'public bulkIncUserStatItem v1': 'playing',
    'public bulkIncUserStatItem v1 of many': 'playing',
    'admin bulkUpdateUserStatItem v2': 'tending',
    'admin bulkUpdateUserStatItem v2 of many': 'tending',
    'public bulkUpdateUserStatItem v2': 'playing',
    'public bulkUpdateUserStatItem v2 of many': 'playing',
    'admin bulkResetUserStatItem v1': 'tending',
    'admin bulkResetUserStatItem v1 of many': 'tending',
    'public bulkResetUserStatItem v1': 'playing',
    'public bulkResetUserStatItem v1 of many': 'playing',
    bulkResetUserStatItemValues: 'tending',
    bulkCreateUserStatItems: 'tending',
    publicBulkCreateUserStatItems: 'playing',
  },
  discord: {
    'list achievements': 'tending',
    'list achievements (oauth2)': 'tending',
    'get achievement': 'tending',
    'get achievement (oauth2)': 'tending',
    'create achievement': 'tending',
    'create achievement (oauth2)': 'tending',
    'update achievement': 'tending',
    'update achievement (oauth2)': 'tending',
    'delete achievement': 'running',
    'delete achievement (oauth2)': 'running',
    'update user achievement': 'playing',
    'update user achievement, of @me': 'being',
    'list user achievements': 'being, others are nowhere',
    'get achievement icon': 'open',
  },
  xbox: {
    listAchievements: 'playing',
    'listAchievements, of me': 'being',
    'listAchievements, of all titles': 'playing',
    'listAchievements, possible ones': 'showing',
    listTitleAchievements: 'playing',
    getAchievement: 'playing',
    updateAchievements: 'playing',
    'updateAchievements, of me': 'being',
    listTitles: 'playing',
  },
}

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: Readonly<Record<Who, string | undefined>>
/** A picture that the CDN has. */
let icon: string

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth(PLACES.map((_, place) => titleIdOf({ place, title: 'own' })))
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  tokens = {
    operator: auth.operator,
    service: auth.service,
    player: await auth.player('ann'),
    anonymous: undefined,
  }
  await createWorld(server.address, auth.operator)
  icon = await putIcon()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

async function putIcon(): Promise<string> {
  const png = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'green' } })
    .png()
    .toBuffer()
  const place = PLACES.findIndex(({ mount }) => mount === '/discord/cdn')
  const { application_id: application } = bindingsOf({ place, title: 'other' }).discord
  const answer = await fetch(`${server.url}/discord/api/v10/applications/${application}/achievements`, {
    method: 'POST',
    headers: { authorization: `Bot ${auth.operator}` },
    body: JSON.stringify({
      name: 'Green',
      description: '',
      icon: `data:image/png;base64,${png.toString('base64')}`,
    }),
  })
  return ((await answer.json()) as { readonly icon_hash: string }).icon_hash
}

/** The credential as clients of the platform send it. */
function authorization(dialect: string, who: Who): string {
  if (dialect === 'xbox') return `XBL3.0 x=1;${tokens[who]}`
  return `${dialect === 'discord' && who === 'service' ? 'Bot' : 'Bearer'} ${tokens[who]}`
}

/** Asks a route, in the way that is named after its name, and says what came of it. */
async function ask(way: string, who: Who, target: RouteTarget): Promise<Outcome> {
  const { gateway, mount } = PLACES[target.place] as (typeof PLACES)[number]
  const { dialect, routes } = gateway
  const { method, path } = routes.find(({ name }) => name === nameOf(way)) as (typeof routes)[number]
  const { params, query, headers, body } = ROUTE_REQUESTS[dialect]?.[way]?.(target) ?? {}
  const named: Readonly<Record<string, string>> = { file: `${icon}.png`, ...paramsOf(target), ...params }
  const filled = path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(named[name] as string))
  const answer = await fetch(`${server.url}${mount}${filled}?${new URLSearchParams(query)}`, {
    method,
    headers: { ...headers, ...(tokens[who] && { authorization: authorization(dialect, who) }) },
    ...(body && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  })
  return outcomeOf(way, target, answer.status, await answer.text())
}

function nameOf(way: string): string {
  return way.split(', ')[0] as string
}

function expectedOf(kind: Kind, who: Who, target: RouteTarget): Outcome {
  if (kind === 'open') return 'allowed'
  if (who === 'anonymous') return 'unauthenticated'
  if (kind === 'unserved') return 'unserved'
  if (kind !== 'being, others are nowhere') return MAY[kind](who, target) ? 'allowed' : 'denied'
  if (target.player === 'ben') return 'absent'
  return isAnn(who, target) ? 'allowed' : 'denied'
}

test('no route is left out, and what needs no credential is known to', () => {
  for (const dialect of new Set(PLACES.map(({ gateway }) => gateway.dialect))) {
    const routes = PLACES.flatMap(({ gateway }) => (gateway.dialect === dialect ? gateway.routes : []))
    const table = TABLE[dialect] ?? {}
    const named = new Set(Object.keys(table).map(nameOf))
    expect([...named].sort()).toEqual([...new Set(routes.map(({ name }) => name))].sort())
    const open = routes.filter((route) => route.open === true).map(({ name }) => name)
    expect(Object.keys(table).filter((way) => table[way] === 'open')).toEqual(open)
    expect(Object.keys(table)).toEqual(expect.arrayContaining(Object.keys(ROUTE_REQUESTS[dialect] ?? {})))
  }
})

describe.each(PLACES.map(({ mount }, place) => [mount, place] as const))('%s', (_, place) => {
  const { dialect, routes } = (PLACES[place] as (typeof PLACES)[number]).gateway
  const ways = Object.entries(TABLE[dialect] ?? {}).filter(([way]) =>
    routes.some(({ name }) => name === nameOf(way)),
  )

  test.each(ways)('%s is for: %s', async (way, kind) => {
    const outcomes: Record<string, Outcome> = {}
    const expected: Record<string, Outcome> = {}
    // The operator last: what is deleted is there until then.
    for (const who of ['anonymous', 'player', 'service', 'operator'] as const) {
      for (const title of ['own', 'other'] as const) {
        for (const player of ['ann', 'ben'] as const) {
          const target = { place, title, player }
          const cell = `${who} of ${title} title, ${player}`
          const outcome = await ask(way, who, target)
          expected[cell] = expectedOf(kind, who, target)
          outcomes[cell] = outcome === 'absent' && expected[cell] === 'allowed' ? 'allowed' : outcome
        }
      }
    }
    expect(outcomes).toEqual(expected)
  })
})
