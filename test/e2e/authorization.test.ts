import { rmSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { descriptorRegistry } from '../../src/grpc/descriptors.ts'
import type { GrantedPermission } from '../../src/model/granted-permission.ts'
import { ACTIONS, type Action } from '../../src/model/principal.ts'
import { createAuth } from '../support/auth.ts'
import { callConnect } from '../support/connect-call.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { expectWritten, markdownTable } from '../support/readme.ts'
import { RPC_ACCESS, type RpcAccess } from '../support/rpc-access.ts'
import { callRpc, type RpcOutcome, statusOf } from '../support/rpc-call.ts'
import { RPC_REQUESTS, RPCS, recordsOf, type Target } from '../support/rpc-requests.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const README = new URL('../../src/auth/README.md', import.meta.url)
const OWN = 'space-race'
const OTHER = 'sea-battle'
const SELF = 'ann'
const OTHER_PLAYER = 'ben'

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: Readonly<Record<string, string | undefined>>

type Who = 'operator' | 'service' | 'player' | 'anonymous'

/** Whether an access allows a caller, for a title and a player. Anonymous callers are never allowed. */
const IS_ALLOWED: Readonly<Record<RpcAccess, (who: Who, target: Target) => boolean>> = {
  authenticated: () => true,
  operator: (who) => who === 'operator',
  manager: isManager,
  player: (who, target) =>
    isManager(who, target) || (who === 'player' && target.title === OWN && target.player === SELF),
  title: (who, target) => isManager(who, target) || (who === 'player' && target.title === OWN),
  operatorOrSelf: (who, { player }) => who === 'operator' || (who === 'player' && player === SELF),
  serviceOrSelf: (who, { player }) => who !== 'player' || player === SELF,
}

function isManager(who: Who, { title }: Target): boolean {
  return who === 'operator' || (who === 'service' && title === OWN)
}

type CallOverWire = (name: string, request: object, token: string | undefined) => Promise<RpcOutcome>

const WIRES: Readonly<Record<'gRPC' | 'HTTP', CallOverWire>> = {
  gRPC: (...call) => callRpc(server.address, ...call),
  HTTP: (...call) => callConnect(server.url, ...call),
}

/** Each row of the table, over each wire that can serve its RPC. */
const CASES = Object.entries(RPC_ACCESS).flatMap(([name, kind]) => {
  const wires = name === 'streamProgress' ? (['gRPC'] as const) : (['gRPC', 'HTTP'] as const)
  return wires.map((wire) => [name, kind, wire] as const)
})

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([OWN])
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  tokens = {
    operator: auth.operator,
    service: auth.service,
    player: await auth.player(SELF),
    anonymous: undefined,
  }
  for (const title of [OWN, OTHER]) {
    for (const [name, request] of recordsOf(title))
      expect(await ask(name, request, auth.operator), name).toBe(status.OK)
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

function ask(name: string, request: object, token: string | undefined): Promise<status> {
  return statusOf(server.address, name, request, token)
}

describe('every operation of the wire', () => {
  test('is in the table, and the table has no others', () => {
    const named = new Set(Object.keys(RPC_ACCESS).map((name) => name.split(',')[0]))
    expect([...named].sort()).toEqual([...RPCS.keys()].sort())
    const described = [...descriptorRegistry()].filter((type) => type.kind === 'service')
    const methods = described
      .filter(({ typeName }) => typeName.startsWith('laurel.'))
      .flatMap((service) => service.methods)
    expect(methods.map(({ localName }) => localName).sort()).toEqual([...RPCS.keys()].sort())
    expect(Object.keys(RPC_REQUESTS).sort()).toEqual(Object.keys(RPC_ACCESS).sort())
  })

  test.each(CASES)('%s is for: %s, over %s', async (name, kind, wire) => {
    const outcomes: Record<string, string> = {}
    const expected: Record<string, string> = {}
    for (const who of ['anonymous', 'player', 'service', 'operator'] as const) {
      for (const title of [OWN, OTHER]) {
        for (const player of [SELF, OTHER_PLAYER]) {
          const target = { title, player }
          const cell = `${who} of ${title}, ${player}`
          const request = (RPC_REQUESTS[name] as (target: Target) => object)(target)
          const { code } = await WIRES[wire](name, request, tokens[who])
          outcomes[cell] = outcomeOf(code)
          expected[cell] =
            who === 'anonymous' ? 'unauthenticated' : IS_ALLOWED[kind](who, target) ? 'allowed' : 'denied'
        }
      }
    }
    expect(outcomes).toEqual(expected)
  })
})

/** RPCs that admit a player only with another request, and what the error says of it. */
const REMEDIES: Readonly<Record<string, RegExp>> = {
  'recordProgress, at a stated time': /leave occurred_time unset/,
  watchProgress: /set the view to PROGRESS_VIEW_PLAYER and the player ids to its own/,
  listEvents: /set the view to PROGRESS_VIEW_PLAYER and player_id to its own/,
  listProgress: /set the view to PROGRESS_VIEW_PLAYER/,
  getProgress: /call ListProgress with the view PROGRESS_VIEW_PLAYER/,
}

describe('a denied player', () => {
  const requestOf = (name: string, player: string) => RPC_REQUESTS[name]?.({ title: OWN, player }) ?? {}

  test.each(Object.entries(REMEDIES))(
    'gets the request that is allowed in the error of %s',
    async (name, remedy) => {
      const own = await callRpc(server.address, name, requestOf(name, SELF), tokens['player'])
      expect(own).toMatchObject({ code: status.PERMISSION_DENIED, message: expect.stringMatching(remedy) })
      const other = await callRpc(server.address, name, requestOf(name, OTHER_PLAYER), tokens['player'])
      expect(other.message).toMatch(/: ask for it, or call with a credential that has it$/)
    },
  )

  test('gets one wherever another request of the same RPC is allowed', () => {
    const kindsOf = (rpc: string) => Object.entries(RPC_ACCESS).filter(([name]) => name.split(',')[0] === rpc)
    for (const [name, kind] of Object.entries(RPC_ACCESS)) {
      const variants = kindsOf(name.split(',')[0] as string).map(([, of]) => of)
      if (kind === 'manager' && variants.includes('player')) expect(Object.keys(REMEDIES)).toContain(name)
    }
  })

  test('that watches without a filter is advised to set one', async () => {
    const all = await callRpc(server.address, 'watchProgress', { titleId: OWN, view: 2 }, tokens['player'])
    expect(all.message).toMatch(/NAMESPACE:space-race:USER:\*:ACHIEVEMENT.*the player ids to its own/)
    const list = await callRpc(server.address, 'listEvents', { titleId: OWN, view: 2 }, tokens['player'])
    expect(list.message).toMatch(/NAMESPACE:space-race:USER:\*:ACHIEVEMENT.*player_id to its own/)
    const path = `${server.url}/events?title_id=${OWN}`
    const response = await fetch(path, { headers: { authorization: `Bearer ${tokens['player']}` } })
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringMatching(/view=player and player_id/),
    ])
  })
})

/** By kind, the callers that are allowed unless `rights` or a token's permissions say otherwise. */
const BY_DEFAULT: Readonly<Record<RpcAccess, string>> = {
  authenticated: 'every caller with a credential',
  operator: 'operators',
  manager: 'operators, services of the title',
  title: 'operators, services and players of the title',
  player: 'operators, services of the title, the player',
  operatorOrSelf: 'operators, the player',
  serviceOrSelf: 'operators, services, the player',
}

test('src/auth/README.md has the permissions that each RPC requires', async () => {
  const rows = []
  for (const [name, kind] of Object.entries(RPC_ACCESS)) {
    const [rpc = '', variant] = name.split(',')
    const required = (await requiredPermissions(name)).map((text) => `\`${text}\``)
    const call = `\`${rpc[0]?.toUpperCase()}${rpc.slice(1)}\`${variant === undefined ? '' : `,${variant}`}`
    rows.push([call, required.join(', ') || 'none', BY_DEFAULT[kind]])
  }
  expectWritten(README, 'permissions', markdownTable(['RPC', 'requires', 'by default'], rows))
})

/** Calls an RPC with the permissions that it asked for so far, until it asks for no other. */
async function requiredPermissions(name: string): Promise<readonly string[]> {
  const request = RPC_REQUESTS[name]?.({ title: '{title}', player: '{player}' }) ?? {}
  const required: string[] = []
  const permissions: GrantedPermission[] = []
  for (;;) {
    const { code, message } = await callRpc(
      server.address,
      name,
      request,
      await auth.serviceWith(permissions),
    )
    if (code !== status.PERMISSION_DENIED) return required
    const [, resource = '', action = ''] = /has no permission (\S+) \[(\w+)\]/.exec(message) ?? []
    expect(resource, message).not.toBe('')
    expect(required.length, message).toBeLessThan(10)
    const bits = ACTIONS[action.toLowerCase() as Action]
    const player = name === 'mergePlayers' ? '{absorbed}' : '{player}'
    const text = resource.replace('{title}-gone', '{title}').replace(/(?<=USER:)(gone|new-[^:]*)/, player)
    required.push(`${text} (${bits})`)
    permissions.push({ resource, action: bits })
  }
}

/** Returns `allowed` for a call that reached the records, whatever it found there. */
function outcomeOf(code: status): string {
  if (code === status.UNAUTHENTICATED) return 'unauthenticated'
  if (code === status.PERMISSION_DENIED) return 'denied'
  const found = [status.OK, status.NOT_FOUND, status.ALREADY_EXISTS, status.FAILED_PRECONDITION]
  return found.includes(code) ? 'allowed' : `status ${status[code]}`
}
