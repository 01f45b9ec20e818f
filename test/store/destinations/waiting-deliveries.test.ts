import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createDestination } from '../../../src/service/destinations/create-destination.ts'
import { admitAccount, linkAccount, playerNamedAfter } from '../../../src/service/players/accounts.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { onDatabase, putDeliveries, putQueue, queueOf } from '../../support/deliveries.ts'
import { importText, textOf } from '../../support/exchange.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const titleId = 'title'
const LATER = 10n ** 18n

beforeAll(async () => {
  services = await createTestServices()
  const bindings = { discord: { application_id: '461618159171141643' }, xbox: { title_id: '219630713' } }
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  for (const dialect of ['discord', 'xbox']) {
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

async function letWait(playerId: string) {
  for (const destinationId of ['discord', 'xbox']) {
    const row = { playerId, destinationId, dueTime: LATER, waiting: true }
    await putQueue(services.databaseUrl, titleId, row)
  }
}

/** Of a player's deliveries to each platform: whether they wait for an account. */
async function waiting(playerId: string) {
  const entries = ['discord', 'xbox'].map(async (id) => {
    const queue = await queueOf(services.databaseUrl, playerId, id)
    // What was woken is due, and nothing else is.
    expect(queue?.waiting).toBe((queue?.dueTime ?? 0n) > (queue?.clock ?? 0n))
    return [id, queue?.waiting]
  })
  return Object.fromEntries(await Promise.all(entries))
}

test('what waits for an account goes out when one is linked, on its platform alone', async () => {
  await createPlayer(
    services,
    { player: { id: 'ann', displayName: '', accounts: [] }, requestId: undefined },
    call,
  )
  await letWait('ann')
  await letWait('ben')
  const account = { dialect: 'xbox', id: '2814651093377005' }
  await linkAccount(services, { playerId: 'ann', account, requestId: undefined }, call)
  expect(await waiting('ann')).toEqual({ discord: true, xbox: false })
  expect(await waiting('ben')).toEqual({ discord: true, xbox: true })
})

test('a player who is made again with an account gets what waited', async () => {
  await letWait('cat')
  const accounts = [{ dialect: 'discord', id: '213866895806300161' }]
  await createPlayer(
    services,
    { player: { id: 'cat', displayName: '', accounts }, requestId: undefined },
    call,
  )
  expect(await waiting('cat')).toEqual({ discord: false, xbox: true })
})

test('so does the player of an account that is admitted', async () => {
  const account = { dialect: 'discord', id: '213866895806300162' }
  await letWait(playerNamedAfter(account))
  expect(await admitAccount(services, account, call)).toEqual({ playerId: playerNamedAfter(account) })
  expect(await waiting(playerNamedAfter(account))).toEqual({ discord: false, xbox: true })
})

test('so does the player of an account that an import brings', async () => {
  const achievement = achievementOf({ id: 'a', ids: { discord: '580159119969878047' } })
  await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
  const account = { dialect: 'discord', id: '213866895806300163' }
  await letWait(playerNamedAfter(account))
  const progress = { user_id: account.id, achievement_id: '580159119969878047', percent_complete: 5 }
  const { outcomes } = await importText(services, 'discord', textOf(progress), { titleId })
  expect(outcomes.map(({ error }) => error)).toEqual([undefined])
  expect(await waiting(playerNamedAfter(account))).toEqual({ discord: false, xbox: true })
})

test('a queue that somebody has the lease of stays theirs, and is touched', async () => {
  const player = { id: 'dan', displayName: '', accounts: [] }
  await createPlayer(services, { player, requestId: undefined }, call)
  const lease = { playerId: 'dan', destinationId: 'xbox', dueTime: LATER, lease: 'somebody' }
  await putQueue(services.databaseUrl, titleId, lease)
  const account = { dialect: 'xbox', id: '2814651093377006' }
  await linkAccount(services, { playerId: 'dan', account, requestId: undefined }, call)
  const queue = await queueOf(services.databaseUrl, 'dan', 'xbox')
  expect(queue?.lease).toBe('somebody')
  expect(queue?.dueTime).not.toBe(LATER)
  expect(queue?.dueTime).toBeGreaterThan(queue?.clock ?? 0n)
})

test('a player is deleted with all that was on its way', async () => {
  await createPlayer(
    services,
    { player: { id: 'eve', displayName: '', accounts: [] }, requestId: undefined },
    call,
  )
  for (const playerId of ['eve', 'fay']) {
    await letWait(playerId)
    await putDeliveries(services.databaseUrl, titleId, [{ playerId, eventId: 1, destinationId: 'xbox' }])
  }
  await deletePlayer(services, { playerId: 'eve', etag: undefined, requestId: undefined }, call)
  const left = await onDatabase(
    services.databaseUrl,
    `select distinct player_id from (
       select player_id from deliveries union all select player_id from delivery_queues) as kept`,
  )
  expect(left).toEqual([{ player_id: 'fay' }])
})
