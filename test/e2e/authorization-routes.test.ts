import '../support/toy-listed.ts'
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import type { Access, Caller, Outcome, RouteTarget } from '../support/dialect-fixtures.ts'
import { createRouteFixture } from '../support/route-fixture.ts'
import {
  MOUNTED,
  type Mounted,
  outcomeOf,
  PLAYERS,
  routeNameOf,
  send,
  targetOf,
  titleIdOf,
  WHICH,
} from '../support/routes.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

type Who = Caller | 'anonymous'

const ALLOWS = {
  operator: (who: Who) => who === 'operator',
  service: isService,
  player: (who: Who, target: RouteTarget) =>
    isService(who, target) || (isAnn(who, target) && target.player === 'ann'),
  title: (who: Who, target: RouteTarget) => isService(who, target) || isAnn(who, target),
  self: isAnn,
  self_or_not_found: isAnn,
} as const

function isService(who: Who, { title }: RouteTarget): boolean {
  return who === 'operator' || (who === 'service' && title === 'own')
}

/** The player's token is ann's, for the own title. */
function isAnn(who: Who, { title }: RouteTarget): boolean {
  return who === 'player' && title === 'own'
}

let database: TestDatabase
let server: ServerProcess
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: Readonly<Record<Caller, string>>
/** By mount, parameters that name what the fixtures have prepared. */
const prepared = new Map<string, Readonly<Record<string, string>>>()

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth(MOUNTED.map((mounted) => titleIdOf(mounted, 'own')))
  server = await startServerProcess({ databaseUrl: database.url, env: auth.env, withToy: true })
  tokens = { operator: auth.operator, service: auth.service, player: await auth.player('ann') }
  await createRouteFixture(server.address, auth.operator)
  for (const mounted of MOUNTED) {
    const target = targetOf(mounted, 'other', 'ann')
    const hasPublic = mounted.routes.some(({ open }) => open === true)
    const params = hasPublic && (await mounted.fixtures.prepare?.(server.url, auth.operator, target))
    if (params) prepared.set(mounted.mount, params)
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

async function outcomeFor(mounted: Mounted, call: string, who: Who, target: RouteTarget): Promise<Outcome> {
  const credential = who === 'anonymous' ? undefined : { token: tokens[who], caller: who }
  const response = await send(server.url, mounted, call, target, credential, prepared.get(mounted.mount))
  return outcomeOf(mounted, call, target, response.status, await response.text())
}

function expectedOf(access: Access, who: Who, target: RouteTarget): Outcome {
  if (access === 'public') return 'allowed'
  if (who === 'anonymous') return 'unauthenticated'
  if (access === 'unserved') return 'unserved'
  if (access === 'self_or_not_found' && target.player === 'ben') return 'absent'
  return ALLOWS[access](who, target) ? 'allowed' : 'denied'
}

test('the fixtures name every route, and every route without a credential as public', () => {
  for (const dialect of new Set(MOUNTED.map((mounted) => mounted.dialect))) {
    const mounts = MOUNTED.filter((mounted) => mounted.dialect === dialect)
    const routes = mounts.flatMap((mounted) => mounted.routes)
    const { access, requests } = (mounts[0] as Mounted).fixtures
    const named = new Set(Object.keys(access).map(routeNameOf))
    expect([...named].sort()).toEqual([...new Set(routes.map(({ name }) => name))].sort())
    const open = routes.filter((route) => route.open === true).map(({ name }) => name)
    expect(Object.keys(access).filter((call) => access[call] === 'public')).toEqual(open)
    expect(Object.keys(access)).toEqual(expect.arrayContaining(Object.keys(requests)))
  }
})

describe.each(MOUNTED)('$mount', (mounted) => {
  const calls = Object.entries(mounted.fixtures.access).filter(([call]) =>
    mounted.routes.some(({ name }) => name === routeNameOf(call)),
  )

  test.each(calls)('%s allows: %s', async (call, access) => {
    const outcomes: Record<string, Outcome> = {}
    const expected: Record<string, Outcome> = {}
    // The operator calls last, because a delete removes the record for the callers after it.
    for (const who of ['anonymous', 'player', 'service', 'operator'] as const) {
      for (const title of WHICH) {
        for (const player of PLAYERS) {
          const target = targetOf(mounted, title, player)
          const cell = `${who} of ${title} title, ${player}`
          const outcome = await outcomeFor(mounted, call, who, target)
          expected[cell] = expectedOf(access, who, target)
          outcomes[cell] = outcome === 'absent' && expected[cell] === 'allowed' ? 'allowed' : outcome
        }
      }
    }
    expect(outcomes).toEqual(expected)
  })
})
