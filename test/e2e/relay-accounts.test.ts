import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import { admitAccount, linkAccount, playerNamedAfter } from '../../src/service/players/accounts.ts'
import { accountsOf, createBoundTitle, idsOf } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { importText, textOf } from '../support/exchange.ts'
import { type FakePlatform, startFakePlatform } from '../support/fake-platform.ts'
import { TITLE_ID } from '../support/fixture.ts'
import { appliedBy } from '../support/platforms.ts'
import { record, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

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
  await bridge.create({ destinationId: 'discord', dialect: 'discord', url: platform.url, limits })
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
  account = accountsOf(count).discord
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
  appliedBy(platform, 'discord').flatMap((one) => (one.account === id ? one.achievements : []))

async function untilWaiting(playerId: string, deliveries: number) {
  await until(async () => {
    const found = await bridge.ofAchievements(playerId)
    return (
      found.length === deliveries && found.every(({ state }) => state === DeliveryState.WAITING_FOR_ACCOUNT)
    )
  })
}

const link = (playerId: string, id: string) =>
  linkAccount(services, { playerId, account: { dialect: 'discord', id }, requestId: undefined }, callOf())

test('deliveries wait for an account, and go out in order once it is linked', async () => {
  await unlock('ann', 2)
  await unlock('ann', 0, 1)
  await untilWaiting('ann', 3)
  // Later deliveries wait as well.
  await unlock('ann', 4)
  await untilWaiting('ann', 4)
  const states = [DeliveryState.WAITING_FOR_ACCOUNT]
  const { deliveries } = await bridge.listDeliveries('discord', { states })
  expect(deliveries.map(({ attempts, error }) => [attempts, error])).toEqual(Array(4).fill([0, '']))
  await link('ann', account)
  await until(() => applied().length === 4)
  expect(applied()).toEqual([2, 0, 1, 4].map((number) => idsOf(number).discord))
  await until(async () =>
    (await bridge.ofAchievements('ann')).every(({ state }) => state === DeliveryState.DELIVERED),
  )
})

test('deliveries go out once a gateway admits the account', async () => {
  const playerId = playerNamedAfter({ dialect: 'discord', id: account })
  await unlock(playerId, 0, 1)
  await untilWaiting(playerId, 2)
  await admitAccount(services, { dialect: 'discord', id: account }, callOf())
  await until(() => applied().length === 2)
})

test('deliveries go out once an import names the account', async () => {
  const playerId = playerNamedAfter({ dialect: 'discord', id: account })
  await unlock(playerId, 0)
  await untilWaiting(playerId, 1)
  const progress = { user_id: account, achievement_id: idsOf(1).discord, percent_complete: 100 }
  await importText(services, 'discord', textOf(progress), { titleId: TITLE_ID })
  await until(() => applied().length === 2)
})

test('no delivery stays parked if the account is linked while it is being parked', async () => {
  const players = Array.from({ length: 200 }, (_, index) => ({
    playerId: `racer-${index}`,
    id: accountsOf(1_000 + index).discord,
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
  for (const { id } of players) expect(applied(id)).toEqual([0, 1].map((number) => idsOf(number).discord))
})

test('no delivery stays parked if the account was inserted but not yet committed', async () => {
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  await client.query('begin')
  await client.query("insert into accounts (dialect, id, player_id) values ('discord', $1, 'unseen')", [
    account,
  ])
  await unlock('unseen', 3)
  await untilWaiting('unseen', 1)
  await client.query('commit')
  await client.end()
  await until(() => applied().length === 1)
})
