import { afterAll, beforeAll, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../../src/model/instant.ts'
import { Credentials } from '../../src/outbound/credentials.ts'
import { openOutbound } from '../../src/outbound/outbound.ts'
import { bridges } from '../../src/registry.ts'
import { Relay } from '../../src/relay/relay.ts'
import { createDestination } from '../../src/service/destinations/create-destination.ts'
import { createBoundTitle, createKnownPlayers } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { onDatabase } from '../support/deliveries.ts'
import { always, type FakePlatform, startFakePlatform } from '../support/fake-platform.ts'
import { TITLE_ID as titleId } from '../support/fixture.ts'
import { HOOK, HOOK_SECRET, PATIENT, record, until } from '../support/relay.ts'
import { startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices, testWire } from '../support/services.ts'

let services: TestServices
let platform: FakePlatform
let hanging: FakePlatform

beforeAll(async () => {
  services = await createTestServices()
  await createBoundTitle(services, 5)
  await createKnownPlayers(services, 100)
  platform = await startFakePlatform()
  hanging = await startFakePlatform({ behave: always({ kind: 'hang' }) })
})
afterAll(async () => {
  await platform.close()
  await hanging.close()
  await services[Symbol.asyncDispose]()
})

const unlocks = Array.from({ length: 500 }, (_, index) => ({
  playerId: `player-${index % 100}`,
  achievementId: `goal-${Math.floor(index / 100)}`,
}))

test('a destination that hangs delays no other one, and has no more requests than its limit', async () => {
  const env = { LAUREL_CREDENTIAL_HOOK: HOOK_SECRET }
  await using server = await startServer({ databaseUrl: services.databaseUrl, env })
  using bridge = bridgeOn(server.address)
  const limits = { requestsPerSecond: 1000, maxInFlight: 4, timeout: PATIENT }
  await bridge.create({ destinationId: 'hanging', url: hanging.url, limits, ...HOOK })
  await bridge.create({ destinationId: 'well', url: platform.url, limits, ...HOOK })
  await record(server.address, unlocks)
  await until(() => platform.applied.size === unlocks.length)
  expect(platform.received).toHaveLength(unlocks.length)
  expect(hanging.maxInFlight).toBe(4)
  await bridge.delete('hanging')
  await bridge.delete('well')
})

/** Returns the errors of dead deliveries of a relay that resolves every host name to the address. */
async function errorsAt(
  address: string,
  allowPrivate: readonly string[],
  seconds: bigint,
): Promise<readonly string[]> {
  const destination = {
    titleId,
    id: `named-${allowPrivate.length}`,
    displayName: '',
    dialect: [...bridges.keys()][0] as string,
    url: 'https://platform.example/',
    credential: '',
    filter: { kinds: [], achievementIds: ['goal-0'], playerIds: ['player-0'] },
    limits: { requestsPerSecond: 10, maxInFlight: 1, maxAttempts: 1, timeout: seconds * TICKS_PER_SECOND },
  }
  await createDestination(services, { destination, fromOldest: true, requestId: undefined }, callOf())
  const outbound = openOutbound({ allowPrivate, resolve: async () => [{ address, family: 4 }] })
  const credentials = new Credentials({ environment: {}, directory: undefined })
  const relay = new Relay({
    services,
    outbound,
    credentials,
    bridges,
    log: testWire.log,
    leaseTime: 100_000_000n,
  })
  relay.start()
  const found = () =>
    onDatabase<{ error: string }>(
      services.databaseUrl,
      "select error from deliveries where destination_id = $1 and state = 'dead'",
      [destination.id],
    )
  await until(async () => (await found()).length > 0)
  await relay.stop()
  await outbound.close()
  return (await found()).map(({ error }) => error)
}

test('a host name that resolves to a private address is not called, unless it is allowed', async () => {
  // An address outside this machine: connections to it time out.
  const [refused] = await errorsAt('10.254.254.254', [], PATIENT.seconds)
  expect(refused).toContain('private or reserved address')
  const [allowed] = await errorsAt('10.254.254.254', ['10.0.0.0/8'], 1n)
  expect(allowed).not.toContain('private or reserved address')
})
