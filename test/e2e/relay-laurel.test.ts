import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bridges } from '../../src/registry.ts'
import { listProgress } from '../../src/service/progress/list-progress.ts'
import { recordStats } from '../../src/service/stats/stat-values.ts'
import { createStat } from '../../src/service/stats/stats.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { BINDINGS, createKnownPlayers } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { onDatabase } from '../support/deliveries.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { codeOf, entryOf } from '../support/documents.ts'
import { importText, textOf } from '../support/exchange.ts'
import { TITLE_ID as titleId } from '../support/fixture.ts'
import { requirementOf } from '../support/records.ts'
import { type PlayerReport, record, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

/* One Laurel delivers to another through each platform's own API: both end with the same progress. */

interface Installation {
  readonly services: TestServices
  readonly server: RunningServer
}

let here: Installation
let there: Installation

beforeAll(async () => {
  ;[here, there] = await Promise.all([startInstallation(), startInstallation()])
})
afterAll(async () => {
  for (const { services, server } of [here, there]) {
    await server[Symbol.asyncDispose]()
    await services[Symbol.asyncDispose]()
  }
})

const env = { LAUREL_CREDENTIAL_KEY: 'Bot from-the-other-laurel' }

/** Starts a server with a title that is bound to every platform, and two players. */
async function startInstallation(): Promise<Installation> {
  const services = await createTestServices()
  const title = { id: titleId, displayName: '', defaultLocale: 'en', bindings: BINDINGS, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: true } as const
  const stat = {
    titleId,
    code: 'lanterns',
    displayName: '',
    setBy: 'server',
    extensions: {},
    ...bounds,
  } as const
  await createStat(services, { stat, requestId: undefined }, callOf())
  await createKnownPlayers(services, 2)
  return { services, server: await startServer({ databaseUrl: services.databaseUrl, env }) }
}

/** Returns state and percent of a player's progress on the achievements. */
async function progressOf({ services }: Installation, ids: readonly string[], playerId: string) {
  const all = { pageSize: undefined, pageToken: undefined, view: 'full', states: [] } as const
  const { items } = await listProgress(services, { titleId, playerId, ...all }, callOf())
  return items
    .filter(({ achievement }) => ids.includes(achievement.id))
    .map(({ achievement: { id }, progress: { state, percent } }) => [id, state, percent])
}

describe.each([...bridges.keys()].map((dialect, index) => ({ dialect, index })))(
  '$dialect',
  ({ dialect, index }) => {
    // All dialects share a title, and some share the form of their codes.
    const numbers = [1, 2, 3, 4].map((number) => 10 * index + number)

    test('progress that is reported to one server arrives at the other', async () => {
      const { basePath, progressed } = fixturesOf(dialect).bridge ?? { basePath: '', progressed: [] }
      const [plain, , , following] = progressed.map((outcome) => outcome === 'delivered')
      const requirements = following ? [requirementOf({ statCode: 'lanterns' })] : []
      const entries = numbers.map((number) =>
        entryOf(dialect, { number, achievement: number === numbers.at(-1) ? { requirements } : {} }),
      )
      for (const { services } of [here, there]) {
        const { outcomes } = await importText(services, dialect, textOf(...entries), { titleId })
        expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined])
      }
      using bridge = bridgeOn(here.server.address)
      await bridge.create({
        destinationId: dialect,
        dialect,
        url: there.server.url + basePath,
        limits: { requestsPerSecond: 50 },
        credential: 'env:LAUREL_CREDENTIAL_KEY',
      })
      const ids = numbers.map((number) => codeOf(dialect, number))
      const [first, second, third, followed] = ids.map((achievementId) => {
        return { playerId: 'player-0', achievementId }
      }) as [PlayerReport, PlayerReport, PlayerReport, PlayerReport]
      const part = (percent: number) => (plain ? { percent } : {})
      const raise = (playerId: string, lanterns: number, percent: number) =>
        following
          ? recordLanterns(playerId, lanterns)
          : record(here.server.address, [{ ...followed, playerId, ...part(percent) }])
      await record(here.server.address, [
        first,
        { ...second, ...part(41) },
        { ...third, playerId: 'player-1' },
      ])
      await raise('player-0', 4, 29)
      await until(() => isDelivered(dialect))
      await record(here.server.address, [{ ...second, ...part(99) }])
      await raise('player-1', 10, 71)
      await until(() => isDelivered(dialect))
      for (const playerId of ['player-0', 'player-1'])
        expect(await progressOf(there, ids, playerId)).toEqual(await progressOf(here, ids, playerId))
      const all = await progressOf(there, ids, 'player-0')
      expect(all).toHaveLength(4)
      expect(new Set(all.map(([, , percent]) => percent)).size).toBe(plain ? 4 : following ? 3 : 2)
      await bridge.delete(dialect)
    })
  },
)

async function recordLanterns(playerId: string, value: number) {
  const updates = [{ code: 'lanterns', operation: 'set', value }] as const
  await recordStats(
    here.services,
    { titleId, playerId, updates, occurredTime: undefined, requestId: undefined },
    callOf(),
  )
}

/** Returns whether every report to the first server is delivered. */
async function isDelivered(destinationId: string): Promise<boolean> {
  const [row] = await onDatabase<{ open: number; enqueued: number }>(
    here.services.databaseUrl,
    `select (select count(*) from deliveries where destination_id = $1 and state = 'pending')::int as open,
       (select position >= (select max(id) from events) from destination_flows where destination_id = $1)::int as enqueued`,
    [destinationId],
  )
  return row?.enqueued === 1 && row.open === 0
}
