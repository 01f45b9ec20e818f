import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type GatewayServer, startGateways } from '../../../test/support/gateway-server.ts'
import { createXboxTitle, type XboxIds } from '../testing/server.ts'
import { rateError } from '../testing/strict-model.ts'

let server: GatewayServer
let ids: XboxIds

beforeAll(async () => {
  server = await startGateways()
  ids = await createXboxTitle(server.services, 'spoken', 77, [{}])
  await createXboxTitle(server.services, 'rare', 78, [{}])
  // The clock of the host stands still, so that all calls are of the same seconds.
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterAll(async () => {
  vi.useRealTimers()
  await server[Symbol.asyncDispose]()
})

const ask = (path: string) =>
  fetch(`${server.origin}/xbox${path}`, { headers: { 'x-xbl-contract-version': '2' } })

test('a rate is a burst of a hundred calls in fifteen seconds for each user and title', async () => {
  const path = '/users/xuid(5)/achievements?titleId=77'
  const responses = await Promise.all(Array.from({ length: 101 }, () => ask(path)))
  const statuses = responses.map(({ status }) => status).sort()
  expect(statuses).toEqual([...Array.from({ length: 100 }, () => 200), 429])
  vi.setSystemTime(Date.now() + 14_000)
  const refused = await ask(`/users/xuid(5)/achievements/${ids.scid}/1`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(rateError.parse(await refused.json())).toEqual({
    version: 1,
    currentRequests: 102,
    maxRequests: 100,
    periodInSeconds: 15,
    type: 'burst',
  })
  for (const other of ['/users/xuid(5)/achievements?titleId=78', '/users/xuid(6)/achievements?titleId=77']) {
    expect((await ask(other)).status).toBe(200)
  }
  vi.setSystemTime(Date.now() + 1_000)
  expect((await ask(path)).status).toBe(200)
})
