import { rmSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CreateDestinationRequest,
  DestinationServiceClient,
  ListDeliveriesRequest,
  TestDestinationRequest,
  UpdateDestinationRequest,
} from '../../src/gen/laurel/v1/destination_service.ts'
import { createAuth } from '../support/auth.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakePlatform, startFakePlatform } from '../support/fake-platform.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { HOOK, HOOK_SECRET, record } from '../support/relay.ts'
import { startServer } from '../support/server.ts'

let database: TestDatabase
let auth: Awaited<ReturnType<typeof createAuth>>
let platform: FakePlatform

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([TITLE_ID])
  platform = await startFakePlatform()
  await using open = await startServer({ databaseUrl: database.url, env: { LAUREL_RELAY: 'off' } })
  await createFixture(open.address, { lamp: undefined })
  // Created while the server checked no credentials.
  using bridges = createClient(DestinationServiceClient, open.address)
  await callUnary(bridges, 'createDestination', destinationAt('before', platform.url))
  await record(open.address, [{ playerId: 'ann', achievementId: 'lamp' }])
})
afterAll(async () => {
  await platform.close()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

const destinationAt = (destinationId: string, url: string) =>
  CreateDestinationRequest.fromPartial({
    destination: { titleId: TITLE_ID, destinationId, url, ...HOOK },
    fromOldest: true,
  })

function startGuarded(listed: string) {
  const env = { ...auth.env, LAUREL_CREDENTIAL_HOOK: HOOK_SECRET, LAUREL_OUTBOUND_PRIVATE: listed }
  return startServer({ databaseUrl: database.url, env })
}

const asService = () => ({ metadata: { authorization: `Bearer ${auth.service}` } })

describe('with an auth file', () => {
  test('private addresses are refused in every spelling, and a destination stored earlier with one is not called', async () => {
    await using server = await startGuarded('')
    using bridges = createClient(DestinationServiceClient, server.address)
    const { port } = platform
    const public_ = 'https://platform.test'
    await callUnary(bridges, 'createDestination', destinationAt('public', public_), asService())
    const urls = [
      `http://127.0.0.1:${port}`,
      `http://localhost:${port}`,
      `http://[::1]:${port}`,
      `http://2130706433:${port}`,
      `http://0x7f.1:${port}`,
      `http://0177.0.0.1:${port}`,
      `https://[::ffff:127.0.0.1]:${port}`,
      `http://0.0.0.0:${port}`,
      `http://localhost.:${port}`,
      `http://x.localhost:${port}`,
      `https://0.0.0.0:${port}`,
      'https://10.0.0.1',
      'https://100.64.0.1',
      'https://169.254.169.254',
      'https://192.168.0.1',
      'https://[fd00::1]',
      'https://[fe80::1]',
      'https://[64:ff9b::7f00:1]',
      'https://[64:ff9b::a00:1]',
    ]
    for (const url of urls) {
      const create = callUnary(bridges, 'createDestination', destinationAt('private', url), asService())
      await expect(create, url).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
      const update = UpdateDestinationRequest.fromPartial({
        destination: { titleId: TITLE_ID, destinationId: 'public', url },
        updateMask: ['url'],
      })
      const updated = callUnary(bridges, 'updateDestination', update, asService())
      await expect(updated, url).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
    }
    // Names that lead here show only when they are resolved.
    for (const [destinationId, host] of [
      ['dot', 'localhost.'],
      ['below', 'x.localhost'],
    ] as const) {
      const request = destinationAt(destinationId, `https://${host}:${port}`)
      await callUnary(bridges, 'createDestination', request, asService())
    }
    for (const destinationId of ['before', 'dot', 'below']) {
      const request = TestDestinationRequest.fromPartial({ titleId: TITLE_ID, destinationId })
      const { succeeded, response } = await callUnary(bridges, 'testDestination', request, asService())
      expect([destinationId, succeeded, response]).toEqual([destinationId, false, undefined])
    }
    const list = ListDeliveriesRequest.fromPartial({ titleId: TITLE_ID, destinationId: 'before' })
    await expect
      .poll(async () => (await callUnary(bridges, 'listDeliveries', list, asService())).deliveries[0]?.error)
      .toContain('private or reserved address')
    expect(platform.connections).toBe(0)
  })

  test.each(['localhost', '127.0.0.1', '10.0.0.0/8, 127.0.0.0/8'])(
    '%s in the configuration allows it',
    async (listed) => {
      await using server = await startGuarded(listed)
      using bridges = createClient(DestinationServiceClient, server.address)
      const destinationId = `to-${listed.replace(/\W/g, '-')}`
      await callUnary(bridges, 'createDestination', destinationAt(destinationId, platform.url), asService())
      const request = TestDestinationRequest.fromPartial({ titleId: TITLE_ID, destinationId })
      expect(await callUnary(bridges, 'testDestination', request, asService())).toMatchObject({
        succeeded: true,
      })
    },
  )
})
