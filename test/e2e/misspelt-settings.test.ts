import { expect, test } from 'vitest'
import { gateways } from '../../src/registry.ts'
import { createTestDatabase } from '../support/database.ts'
import { startServerProcess } from '../support/server.ts'

const served = [...new Set(gateways.map(({ dialect }) => dialect))]
const [first = ''] = served

test.each([
  [
    { LAUREL_STRICT_GATEWAYS: `${first}, ${first.toUpperCase()}` },
    `LAUREL_STRICT_GATEWAYS names ${first.toUpperCase()}, and there are ${served.join(', ')}`,
  ],
  [
    { LAUREL_GATEWAYS: `${first},elsewhere` },
    `LAUREL_GATEWAYS names elsewhere, and there are ${served.join(', ')}`,
  ],
  [
    { LAUREL_OUTBOUND_PRIVATE: 'platform.internal, 10.0.0.0/33' },
    'LAUREL_OUTBOUND_PRIVATE has "10.0.0.0/33", which is neither an address, a block such as 10.0.0.0/8 nor a host',
  ],
])('%j is rejected before the database is reached', async (env, problem) => {
  const failure: Error = await startServerProcess({
    databaseUrl: 'postgres://laurel@127.0.0.1:1/none',
    env,
  }).then(
    () => expect.fail('the server started'),
    (error) => error,
  )
  expect(failure.message).toContain('exit code 1 ')
  expect(failure.message.split('served:\n')[1]).toBe(`laurel: bad configuration: ${problem}\n`)
})

test.each([
  [first, [first]],
  ['none', []],
])(
  'LAUREL_GATEWAYS=%s serves no other gateway, and a misspelt variable is reported',
  async (value, names) => {
    await using database = await createTestDatabase()
    await using server = await startServerProcess({
      databaseUrl: database.url,
      env: { LAUREL_GATEWAYS: value, LAUREL_GATEWAY: value, LAUREL_SERVICE_HOST: '10.0.0.1' },
    })
    expect(server.output()).toContain('LAUREL_GATEWAY is no variable of Laurel: is it LAUREL_GATEWAYS?')
    expect(server.output()).not.toContain('LAUREL_SERVICE_HOST')
    // Without its gateway, a path is as unknown as any other.
    const read = async (path: string) => (await fetch(server.url + path)).text()
    const unknown = await read('/nowhere/1')
    const reached = await Promise.all(
      gateways.map(async ({ dialect, mounts: [mount] }) =>
        (await read(`${mount}/nowhere/1`)) === unknown ? [] : [dialect],
      ),
    )
    expect([...new Set(reached.flat())]).toEqual(names)
  },
)
