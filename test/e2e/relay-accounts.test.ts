import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import { admitAccount, linkAccount, playerNamedAfter } from '../../src/service/players/accounts.ts'
import { createBoundTitle, idsOf } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { ACCOUNTED as dialect, entryOf } from '../support/documents.ts'
import { importText, textOf } from '../support/exchange.ts'
import { type FakePlatform, startFakePlatform } from '../support/fake-platform.ts'
import { TITLE_ID } from '../support/fixture.ts'
import { appliedBy } from '../support/platforms.ts'
import { record, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'
import { volume } from '../support/volume.ts'

/* Deliveries for players without an account on the platform. */

let services: TestServices
let server: RunningServer
let platform: FakePlatform
let bridge: ReturnType<typeof bridgeOn>

beforeAll(async () => {
  services = await createTestServices()
  server = await startServer({ databaseUrl: services.databaseUrl })
  await createBoundTitle(services, 5)
  platform = await startFakePlatform()
  bridge = bridgeOn(server.address)
  const limits = { requestsPerSecond: 1000, maxInFlight: 16 }
  await bridge.create({ destinationId: 'platform', dialect, url: platform.url, limits })
})
afterAll(async () => {
  bridge[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
  await platform.close()
  await services[Symbol.asyncDispose]()
})

let account = ''
let count = 0
beforeEach(() => {
  account = fixturesOf(dialect).account(count + 1)
  count += 1
})

const achievement = (number: number) => `goal-${number}`
const unlock = (playerId: string, ...numbers: readonly number[]) =>
  record(
    server.address,
    numbers.map((number) => ({ playerId, achievementId: achievement(number) })),
  )

/** Returns the achievements that the platform applied for an account, in order. */
const applied = (id = account) =>
  appliedBy(platform, dialect).flatMap((one) => (one.account === id ? one.achievements : []))

async function untilWaiting(playerId: string, deliveries: number) {
  await until(async () => {
    const found = await bridge.ofAchievements(playerId)
    return (
      found.length === deliveries && found.every(({ state }) => state === DeliveryState.WAITING_FOR_ACCOUNT)
    )
  })
}

const link = (playerId: string, id: string) =>
  linkAccount(services, { playerId, account: { dialect, id }, requestId: undefined }, callOf())

test('deliveries wait for an account, and go out in order once it is linked', async () => {
  await unlock('ann', 2)
  await unlock('ann', 0, 1)
  await untilWaiting('ann', 3)
  // Later deliveries wait as well.
  await unlock('ann', 4)
  await untilWaiting('ann', 4)
  const states = [DeliveryState.WAITING_FOR_ACCOUNT]
  const { deliveries } = await bridge.listDeliveries('platform', { states })
  expect(deliveries.map(({ attempts, error }) => [attempts, error])).toEqual(Array(4).fill([0, '']))
  await link('ann', account)
  await until(() => applied().length === 4)
  expect(applied()).toEqual([2, 0, 1, 4].map((number) => idsOf(number)[dialect]))
  await until(async () =>
    (await bridge.ofAchievements('ann')).every(({ state }) => state === DeliveryState.DELIVERED),
  )
})

test('deliveries go out once a gateway admits the account', async () => {
  const playerId = playerNamedAfter({ dialect, id: account })
  await unlock(playerId, 0, 1)
  await untilWaiting(playerId, 2)
  await admitAccount(services, { dialect, id: account }, callOf())
  await until(() => applied().length === 2)
})

test('deliveries go out once an import names the account', async () => {
  const playerId = playerNamedAfter({ dialect, id: account })
  await unlock(playerId, 0)
  await untilWaiting(playerId, 1)
  const progress = entryOf(dialect, { number: 2, progress: { account, percent: 100 } })
  await importText(services, dialect, textOf(progress), { titleId: TITLE_ID })
  await until(() => applied().length === 2)
})

test('no delivery stays parked if the account is linked while it is being parked', async () => {
  const players = Array.from({ length: volume({ small: 50, full: 200 }) }, (_, index) => ({
    playerId: `racer-${index}`,
    id: fixturesOf(dialect).account(1_000 + index),
  }))
  await Promise.all(
    players.map(async ({ playerId, id }) => {
      await sleep(Math.random() * 1_000)
      await unlock(playerId, 0)
      // The relay enqueues it a moment later, and parks it another moment later.
      await sleep(Math.random() * 400)
      await link(playerId, id)
      await unlock(playerId, 1)
    }),
  )
  await until(() => players.every(({ id }) => applied(id).length === 2))
  for (const { id } of players) expect(applied(id)).toEqual([0, 1].map((number) => idsOf(number)[dialect]))
})

test('no delivery stays parked if the account was inserted but not yet committed', async () => {
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  await client.query('begin')
  const statement = "insert into accounts (dialect, id, player_id) values ($1, $2, 'unseen')"
  await client.query(statement, [dialect, account])
  await unlock('unseen', 3)
  await untilWaiting('unseen', 1)
  await client.query('commit')
  await client.end()
  await until(() => applied().length === 1)
})
