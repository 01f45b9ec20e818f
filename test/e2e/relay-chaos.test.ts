import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bridges } from '../../src/registry.ts'
import { createBoundTitle, createKnownPlayers } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { onDatabase } from '../support/deliveries.ts'
import { atRandom, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { Fleet, Follower } from '../support/fault-script.ts'
import { TITLE_ID as titleId } from '../support/fixture.ts'
import { appliedBy, speaking } from '../support/platforms.ts'
import { HOOK, HOOK_SECRET, until } from '../support/relay.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { createTestServices, type TestServices } from '../support/services.ts'
import { volume } from '../support/volume.ts'

/* Everything at once: servers that are killed, and platforms that fail in every way. */

const PLAYERS = volume({ small: 100, full: 1_000 })
const ACHIEVEMENTS = 10
const UNLOCKS = PLAYERS * ACHIEVEMENTS
const WRITERS = 48
/** How often the third server is killed amid the unlocks. */
const KILLS = volume({ small: 2, full: 10 })
/** How often it is killed after the last unlock, while deliveries are still under way. */
const LATE_KILLS = volume({ small: 1, full: 3 })
const LATE_KILL_DELAY_MILLISECONDS = 500

const limits = {
  requestsPerSecond: 5_000,
  maxInFlight: 32,
  maxAttempts: 100,
  timeout: { seconds: 0n, nanos: 500_000_000 },
}
/** The dialect of each destination: two webhooks, and every platform. */
const DESTINATIONS: Readonly<Record<string, string>> = {
  'hook-1': 'webhook',
  'hook-2': 'webhook',
  ...Object.fromEntries([...bridges.keys()].map((dialect) => [`to-${dialect}`, dialect])),
}

const unlocks = Array.from({ length: UNLOCKS }, (_, index) => ({
  titleId,
  playerId: `player-${Math.floor(index / ACHIEVEMENTS)}`,
  achievementId: `goal-${index % ACHIEVEMENTS}`,
}))

let services: TestServices
let lasting: readonly ServerProcess[]
const fleet = new Fleet()
const platforms = new Map<string, FakePlatform>()

const env = { LAUREL_RELAY_LEASE_SECONDS: '2', LAUREL_CREDENTIAL_HOOK: HOOK_SECRET }
const start = () => startServerProcess({ databaseUrl: services.databaseUrl, env })

/** Fails one request in five, in one of the ways in which platforms fail. */
const unreliablePlatform = (seed: number) =>
  atRandom(seed, [
    [48, respond(200)],
    [2, respond(304)],
    [2, respond(429, { headers: { 'retry-after': '0' } })],
    [2, respond(500)],
    [1, respond(503, { applies: true })],
    [2, { kind: 'drop' }],
    [2, { kind: 'drop', applies: true }],
    [1, { kind: 'hang' }],
  ])

beforeAll(async () => {
  services = await createTestServices()
  await createBoundTitle(services, ACHIEVEMENTS)
  await createKnownPlayers(services, PLAYERS)
  lasting = [await start(), await start()]
  for (const server of lasting) fleet.add(server)
  using bridge = bridgeOn(fleet.latest)
  for (const [index, [destinationId, dialect]] of Object.entries(DESTINATIONS).entries()) {
    const platform = await startFakePlatform({ behave: speaking(dialect, unreliablePlatform(index + 1)) })
    platforms.set(destinationId, platform)
    const known = dialect === 'webhook' ? HOOK : { dialect }
    await bridge.create({ destinationId, url: platform.url, limits, ...known })
  }
})
afterAll(async () => {
  for (const server of lasting) await server[Symbol.asyncDispose]()
  for (const platform of platforms.values()) await platform.close()
  await services[Symbol.asyncDispose]()
})

const deliveries = () =>
  onDatabase(
    services.databaseUrl,
    'select destination_id, state, count(*)::int from deliveries group by 1, 2 order by 1, 2',
  )

const isAllDelivered = async () => {
  const statement = "select count(*)::int from deliveries where state = 'delivered'"
  const [row] = await onDatabase<{ count: number }>(services.databaseUrl, statement)
  return row?.count === platforms.size * UNLOCKS
}

test('a watch receives each event once, and each platform applies each unlock once', async () => {
  const addresses = [
    ...lasting.map(
      ({ address }) =>
        () =>
          address,
    ),
    () => fleet.latest,
  ]
  const followers = addresses.map((next) => new Follower(titleId, next))
  await Promise.all(followers.map((follower) => follower.begun()))
  const [, , roaming] = followers
  let begun = 0
  let written = 0
  let kills = 0

  async function write(): Promise<void> {
    for (let unlock = unlocks[begun]; unlock !== undefined; unlock = unlocks[begun]) {
      begun += 1
      const number = begun
      // A part begins once a server was killed in the middle of the part before it.
      await until(() => number <= part(kills + 1))
      await fleet.unlock(unlock)
      written += 1
    }
  }

  async function kill(): Promise<void> {
    while (kills < KILLS + LATE_KILLS) {
      const server = await start()
      fleet.add(server)
      await roaming?.move()
      await until(() => written >= Math.min(part(kills + 0.5), UNLOCKS))
      if (kills >= KILLS) await sleep(LATE_KILL_DELAY_MILLISECONDS)
      await fleet.kill(server)
      kills += 1
    }
  }

  await Promise.all([kill(), ...Array.from({ length: WRITERS }, write)])
  await until(isAllDelivered)
  await until(() => followers.every(({ count }) => count >= UNLOCKS))

  for (const { events } of followers) {
    const ids = events.map(({ eventId }) => BigInt(eventId))
    expect(new Set(ids).size).toBe(UNLOCKS)
    expect(ids).toEqual(ids.toSorted((left, right) => (left < right ? -1 : 1)))
    expect(new Set(events.map((event) => `${event.playerId} ${event.achievementId}`)).size).toBe(UNLOCKS)
  }
  expect(roaming?.resumed).toBeGreaterThanOrEqual(KILLS)
  for (const follower of followers) await follower[Symbol.asyncDispose]()

  const whole = Object.keys(DESTINATIONS).map((id) => ({
    destination_id: id,
    state: 'delivered',
    count: UNLOCKS,
  }))
  expect(await deliveries()).toEqual(whole)
  for (const [id, platform] of platforms) {
    const dialect = DESTINATIONS[id] as string
    const reports = appliedBy(platform, dialect).flatMap(({ account, achievements }) =>
      achievements.map((achievement) => `${account} ${achievement}`),
    )
    // Each unlock came under one idempotency key: a platform that keeps its keys applies nothing twice.
    expect(reports).toHaveLength(UNLOCKS)
    expect(new Set(reports).size).toBe(UNLOCKS)
    if (dialect === 'webhook') expect(firstOutOfTurn(platform)).toBeUndefined()
  }
})

function part(number: number): number {
  return (number * UNLOCKS) / KILLS
}

/** Returns an event that a webhook applied after a later event of the same player. */
function firstOutOfTurn(platform: FakePlatform): string | undefined {
  const last = new Map<string, bigint>()
  for (const { body } of platform.applied.values()) {
    const { player_id: playerId, event_id: eventId } = JSON.parse(body).data
    if ((last.get(playerId) ?? 0n) > BigInt(eventId)) return `${playerId} ${eventId}`
    last.set(playerId, BigInt(eventId))
  }
  return undefined
}
