import '../support/toy-listed.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlayer, deletePlayer } from '../../src/service/players/players.ts'
import { accountsOf, BINDINGS, createBoundTitle, idsOf } from '../support/bound-title.ts'
import type { RouteTarget } from '../support/dialect-fixtures.ts'
import { REPORTING_CALLS, send } from '../support/routes.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

let services: TestServices
let server: ServerProcess
let count = 0
const call = callOf()
const once = { requestId: undefined }

beforeAll(async () => {
  services = await createTestServices()
  await createBoundTitle(services, 1)
  server = await startServerProcess({ databaseUrl: services.databaseUrl, withToy: true })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

test.each(REPORTING_CALLS)(
  '%s: refuses an account whose player was deleted, until it is created again',
  async (_, mounted, name) => {
    count += 1
    const { mount, dialect } = mounted
    const target: RouteTarget = {
      mount,
      title: 'own',
      player: 'ann',
      binding: BINDINGS[dialect] ?? {},
      account: accountsOf(count)[dialect] ?? '',
      achievementId: () => idsOf(0)[dialect] ?? 'goal-0',
    }
    const credential = { token: 'service', caller: 'service' } as const
    const report = () => send(server.url, mounted, name, target, credential, { code: 'goal-0' })
    const playerId = `player-${count}`
    const accounts = [{ dialect, id: target.account }]
    const create = () =>
      createPlayer(services, { player: { id: playerId, displayName: '', accounts }, ...once }, call)
    const players = () => services.store.read(call.signal, (queries) => queries.players.list('', 1000))

    await create()
    expect((await report()).ok).toBe(true)
    await deletePlayer(services, { playerId, etag: undefined, ...once }, call)
    const left = await players()
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await report()
      expect(refused.status).toBeGreaterThanOrEqual(400)
      expect(refused.status).toBeLessThan(500)
      expect(await refused.text()).toContain('deleted')
    }
    expect(await players()).toEqual(left)
    await create()
    expect((await report()).ok).toBe(true)
  },
)
