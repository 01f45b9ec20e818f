import '../support/toy-listed.ts'
import { status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { type FakePlatform, startFakePlatform } from '../support/fake-platform.ts'
import { HOOK, HOOK_SECRET, until } from '../support/relay.ts'
import { createRouteFixture } from '../support/route-fixture.ts'
import { accountsOf, MOUNTED, send, targetOf, titleIdOf } from '../support/routes.ts'
import { statusOf } from '../support/rpc-call.ts'
import { RPC_REQUESTS } from '../support/rpc-requests.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

const [FIRST] = MOUNTED as [(typeof MOUNTED)[number]]
const TITLE = titleIdOf(FIRST, 'own')
const PLAYER = 'ann'
const text = { locale: 'en', text: 'x' }

/** The records that the calls of one round delete or merge; the title outlives a round only if its deletion fails. */
function doomedIn(round: number): readonly (readonly [name: string, request: object])[] {
  return [
    ['createTitle', { title: { titleId: `${TITLE}-gone`, displayName: 'x', defaultLocale: 'en' } }],
    [
      'createAchievement',
      { achievement: { titleId: TITLE, achievementId: 'gone', name: text, description: text } },
    ],
    ['createStat', { stat: { titleId: TITLE, statCode: 'gone' } }],
    [
      'createDestination',
      { destination: { titleId: TITLE, destinationId: 'gone', url: 'https://hooks.example/', ...HOOK } },
    ],
    ['createPlayer', { player: { playerId: `deleted-${round}` } }],
    ['createPlayer', { player: { playerId: `merged-${round}` } }],
  ]
}

/** Requests that differ from those of `RPC_REQUESTS`, so that more of them find what they name. */
function foundIn(round: number, eventId: string): Readonly<Record<string, object>> {
  const delivery = { titleId: TITLE, destinationId: 'hook', eventId }
  return {
    deletePlayer: { playerId: `deleted-${round}` },
    mergePlayers: { playerId: PLAYER, absorbedPlayerId: `merged-${round}` },
    unlinkAccount: RPC_REQUESTS['linkAccount']?.({ title: TITLE, player: PLAYER }) ?? {},
    findPlayer: { dialect: FIRST.dialect, accountId: accountsOf(PLAYER)[FIRST.dialect] },
    getDelivery: delivery,
    replayDelivery: delivery,
  }
}

/** Calls every RPC and every route, and returns the outcome of each by its name. */
async function callAll(
  server: ServerProcess,
  round: number,
  eventId: string,
): Promise<Readonly<Record<string, string>>> {
  const outcomes: Record<string, string> = {}
  for (const [name, request] of doomedIn(round)) {
    const code = await statusOf(server.address, name, request, undefined)
    outcomes[`${name}, of what the round deletes`] = status[code]
  }
  const found = foundIn(round, eventId)
  for (const [name, requestOf] of Object.entries(RPC_REQUESTS)) {
    const request = found[name] ?? requestOf({ title: TITLE, player: PLAYER })
    outcomes[name] = status[await statusOf(server.address, name, request, undefined)]
  }
  for (const mounted of MOUNTED) {
    const target = targetOf(mounted, 'own', PLAYER)
    for (const call of Object.keys(mounted.fixtures.access)) {
      if (!mounted.routes.some(({ name }) => name === call.split(', ')[0])) continue
      // Without an auth file, Discord's clients name the player by their token.
      const response = await send(server.url, mounted, call, target, {
        token: target.account,
        caller: 'player',
      })
      await response.arrayBuffer()
      outcomes[`${mounted.mount} ${call}`] = String(response.status)
    }
  }
  return outcomes
}

/** Has an event delivered, so that the statements of the relay run too, and returns its id. */
async function deliverOne(server: ServerProcess, platform: FakePlatform, playerId: string): Promise<string> {
  const unlock = { titleId: TITLE, playerId, achievementId: 'a' }
  expect(await statusOf(server.address, 'unlockAchievement', unlock, undefined)).toBe(status.OK)
  const ofPlayer = () => platform.received.find(({ body }) => JSON.parse(body).data.player_id === playerId)
  await until(() => ofPlayer() !== undefined)
  return JSON.parse(ofPlayer()?.body ?? '').data.event_id
}

/** Returns the processes of the server's connections; on a cluster, Citus has others. */
async function backendsOf(url: string): Promise<readonly number[]> {
  const rows = await onDatabase<{ pid: number }>(
    url,
    `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
       and backend_type = 'client backend' and not starts_with(application_name, 'citus_') order by pid`,
  )
  return rows.map(({ pid }) => pid)
}

/** Changes the schema as the migrations of a later version may. */
async function addColumns(url: string): Promise<void> {
  const tables = await onDatabase<{ name: string }>(
    url,
    `select quote_ident(relname) as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  )
  for (const { name } of tables) {
    await onDatabase(url, `alter table ${name} add column added_later text not null default 'x'`)
  }
  await onDatabase(url, 'create table added_later (id text primary key)')
}

test('columns and tables that a later version adds change no outcome and cost no connection', async () => {
  await using database = await createTestDatabase()
  await using platform = Object.assign(await startFakePlatform(), {
    [Symbol.asyncDispose]: () => platform.close(),
  })
  await using server = await startServerProcess({
    databaseUrl: database.url,
    env: { LAUREL_DATABASE_POOL: '1', LAUREL_CREDENTIAL_HOOK: HOOK_SECRET },
    withToy: true,
  })
  await createRouteFixture(server.address, '')
  const destination = { titleId: TITLE, destinationId: 'hook', url: `${platform.url}/hook`, ...HOOK }
  expect(await statusOf(server.address, 'createDestination', { destination }, undefined)).toBe(status.OK)

  const round = async (number: number) =>
    callAll(server, number, await deliverOne(server, platform, `player-${number}`))
  await round(1)
  const before = await round(2)
  const backends = await backendsOf(database.url)
  await addColumns(database.url)
  const after = await round(3)

  expect(after).toEqual(before)
  expect(Object.entries(after).filter(([, outcome]) => /^(INTERNAL|UNKNOWN|500)$/.test(outcome))).toEqual([])
  expect(await backendsOf(database.url)).toEqual(backends)
  // Most calls succeed: a call that is refused reaches few statements.
  const succeeded = Object.values(after).filter((outcome) => /^(OK|2..|304)$/.test(outcome))
  expect(succeeded.length).toBeGreaterThan(0.8 * Object.keys(after).length)
})
