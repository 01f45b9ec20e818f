import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createDestination } from '../../../src/service/destinations/create-destination.ts'
import { admitAccount, linkAccount, playerNamedAfter } from '../../../src/service/players/accounts.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { BINDINGS } from '../../support/bound-title.ts'
import { onDatabase, putDeliveries, putQueue, queueOf } from '../../support/deliveries.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { ACCOUNTED, adapterOf, dialectIdOf, entryOf } from '../../support/documents.ts'
import { importText, textOf } from '../../support/exchange.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const titleId = 'title'
const LATER = 10n ** 18n
/** Two platforms with destinations; the first names accounts in its documents. */
const [ONE, OTHER] = [ACCOUNTED, adapterOf(({ id, bridge }) => bridge !== undefined && id !== ACCOUNTED).id]
const PLATFORMS = [ONE, OTHER]
const accountOf = (number: number) => ({ dialect: ONE, id: fixturesOf(ONE).account(number) })

beforeAll(async () => {
  services = await createTestServices()
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: BINDINGS, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  for (const dialect of PLATFORMS) {
    const destination = {
      titleId,
      id: dialect,
      displayName: '',
      dialect,
      url: 'https://platform.example/',
      credential: '',
      filter: { kinds: [], achievementIds: [], playerIds: [] },
      limits: { requestsPerSecond: 1, maxInFlight: 1, maxAttempts: 1, timeout: 10_000_000n },
    }
    await createDestination(services, { destination, fromOldest: false, requestId: undefined }, call)
  }
})
afterAll(() => services[Symbol.asyncDispose]())
beforeEach(async () => {
  await onDatabase(services.databaseUrl, 'truncate deliveries, delivery_queues')
})

async function park(playerId: string) {
  for (const destinationId of PLATFORMS) {
    const row = { playerId, destinationId, dueTime: LATER, waiting: true }
    await putQueue(services.databaseUrl, titleId, row)
  }
}

/** Returns, by platform, whether a player's deliveries wait for an account. */
async function waiting(playerId: string) {
  const entries = PLATFORMS.map(async (id) => {
    const queue = await queueOf(services.databaseUrl, playerId, id)
    // A queue is due if it was requeued, and only then.
    expect(queue?.waiting).toBe((queue?.dueTime ?? 0n) > (queue?.clock ?? 0n))
    return [id, queue?.waiting]
  })
  return Object.fromEntries(await Promise.all(entries))
}

test('linking an account requeues the deliveries to its platform', async () => {
  await createPlayer(
    services,
    { player: { id: 'ann', displayName: '', accounts: [] }, requestId: undefined },
    call,
  )
  await park('ann')
  await park('ben')
  const account = { dialect: OTHER, id: fixturesOf(OTHER).account(1) }
  await linkAccount(services, { playerId: 'ann', account, requestId: undefined }, call)
  expect(await waiting('ann')).toEqual({ [ONE]: true, [OTHER]: false })
  expect(await waiting('ben')).toEqual({ [ONE]: true, [OTHER]: true })
})

test('creating a player with an account requeues the deliveries', async () => {
  await park('cat')
  const accounts = [accountOf(1)]
  await createPlayer(
    services,
    { player: { id: 'cat', displayName: '', accounts }, requestId: undefined },
    call,
  )
  expect(await waiting('cat')).toEqual({ [ONE]: false, [OTHER]: true })
})

test('admitting an account requeues the deliveries', async () => {
  const account = accountOf(2)
  await park(playerNamedAfter(account))
  expect(await admitAccount(services, account, call)).toEqual({ playerId: playerNamedAfter(account) })
  expect(await waiting(playerNamedAfter(account))).toEqual({ [ONE]: false, [OTHER]: true })
})

test('importing an account requeues the deliveries', async () => {
  const achievement = achievementOf({ id: 'a', ids: { [ONE]: dialectIdOf(ONE, 1) } })
  await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
  const account = accountOf(3)
  await park(playerNamedAfter(account))
  const progress = entryOf(ONE, { progress: { account: account.id, percent: 5 } })
  const { outcomes } = await importText(services, ONE, textOf(progress), { titleId })
  expect(outcomes.map(({ error }) => error)).toEqual([undefined])
  expect(await waiting(playerNamedAfter(account))).toEqual({ [ONE]: false, [OTHER]: true })
})

test('a leased queue stays leased, with another due time', async () => {
  const player = { id: 'dan', displayName: '', accounts: [] }
  await createPlayer(services, { player, requestId: undefined }, call)
  const lease = { playerId: 'dan', destinationId: OTHER, dueTime: LATER, lease: 'other' }
  await putQueue(services.databaseUrl, titleId, lease)
  const account = { dialect: OTHER, id: fixturesOf(OTHER).account(2) }
  await linkAccount(services, { playerId: 'dan', account, requestId: undefined }, call)
  const queue = await queueOf(services.databaseUrl, 'dan', OTHER)
  expect(queue?.lease).toBe('other')
  expect(queue?.dueTime).not.toBe(LATER)
  expect(queue?.dueTime).toBeGreaterThan(queue?.clock ?? 0n)
})

test('deleting a player deletes their deliveries', async () => {
  await createPlayer(
    services,
    { player: { id: 'eve', displayName: '', accounts: [] }, requestId: undefined },
    call,
  )
  for (const playerId of ['eve', 'fay']) {
    await park(playerId)
    await putDeliveries(services.databaseUrl, titleId, [{ playerId, eventId: 1, destinationId: OTHER }])
  }
  await deletePlayer(services, { playerId: 'eve', etag: undefined, requestId: undefined }, call)
  const left = await onDatabase(
    services.databaseUrl,
    `select distinct player_id from (
       select player_id from deliveries union all select player_id from delivery_queues) as kept`,
  )
  expect(left).toEqual([{ player_id: 'fay' }])
})
