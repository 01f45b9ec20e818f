import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recordStats } from '../../src/service/stats/stat-values.ts'
import { createStat } from '../../src/service/stats/stats.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { BINDINGS, createKnownPlayers } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { onDatabase } from '../support/deliveries.ts'
import { accelbyte, discord, xbox } from '../support/documents.ts'
import { definitionsOf, exportText, importText, textOf } from '../support/exchange.ts'
import { TITLE_ID as titleId } from '../support/fixture.ts'
import { record, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

/* One Laurel delivers to another through each platform's own API: both end with the same progress. */

interface Installation {
  readonly services: TestServices
  readonly server: RunningServer
}

let here: Installation
let there: Installation

beforeEach(async () => {
  ;[here, there] = await Promise.all([startInstallation(), startInstallation()])
})
afterEach(async () => {
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

const scid = BINDINGS.xbox.service_config_id
const locked = {
  progressState: 'NotStarted',
  progression: { requirements: [], timeUnlocked: '0001-01-01T00:00:00.0000000Z' },
}
const plain = { Incremental: false, GoalValue: 0, StatCode: '' }

/** Four definitions in each platform's form, and the base path of its API. */
const PLATFORMS = {
  accelbyte: {
    below: '/accelbyte',
    entries: ['reef', 'cape', 'bay']
      .map((code) =>
        accelbyte({
          ...plain,
          ID: `id-${code}`,
          AchievementCode: code,
          Namespace: BINDINGS.accelbyte.namespace,
        }),
      )
      .concat(accelbyte({ Namespace: BINDINGS.accelbyte.namespace })),
    progressOf: ({ achievementCode, status, latestValue }: Printed) => [achievementCode, status, latestValue],
  },
  discord: {
    below: '/discord/api/v10',
    entries: [1, 2, 3, 4].map((number) =>
      discord({ id: `61223344556677880${number}`, application_id: BINDINGS.discord.application_id }),
    ),
    progressOf: ({ achievement_id, percent_complete }: Printed) => [achievement_id, percent_complete],
  },
  xbox: {
    below: '/xbox',
    entries: [1, 2, 3, 4].map((number) =>
      xbox({
        ...locked,
        id: `${number}`,
        serviceConfigId: scid,
        titleAssociations: [{ name: 'Space', id: Number(BINDINGS.xbox.title_id) }],
      }),
    ),
    progressOf: ({ id, progressState, progression }: Printed) => [
      id,
      progressState,
      progression.requirements.map(({ current }: Printed) => current),
    ],
  },
} as const

// biome-ignore lint/suspicious/noExplicitAny: any JSON document
type Printed = any

/** Returns a player's progress on each achievement, as the dialect exports it. */
async function listProgress({ services }: Installation, dialect: keyof typeof PLATFORMS, playerId: string) {
  const { text } = await exportText(services, dialect, titleId, { playerId })
  const document: Printed = JSON.parse(text)
  const rows: readonly Printed[] = Array.isArray(document)
    ? document
    : (document.achievements ?? document.data)
  return rows.map(PLATFORMS[dialect].progressOf).sort()
}

describe.each(Object.keys(PLATFORMS) as (keyof typeof PLATFORMS)[])('%s', (dialect) => {
  test('progress that is reported to one server arrives at the other', async () => {
    const { below, entries } = PLATFORMS[dialect]
    for (const { services } of [here, there]) {
      const { outcomes } = await importText(services, dialect, textOf(...entries), { titleId })
      expect(outcomes.map(({ error }) => error)).toEqual([undefined, undefined, undefined, undefined])
    }
    const definitions = await definitionsOf(here.services, titleId)
    // Achievements that follow a stat sort last.
    const ids = definitions
      .map(({ id, requirements }) => [requirements.length, id] as const)
      .sort()
      .map(([, id]) => id)
    expect(ids).toHaveLength(4)
    using bridge = bridgeOn(here.server.address)
    // Discord's own limit is five requests in five seconds.
    const limits = { requestsPerSecond: dialect === 'discord' ? 1 : 50 }
    const url = there.server.url + below
    await bridge.create({
      destinationId: dialect,
      dialect,
      url,
      limits,
      credential: 'env:LAUREL_CREDENTIAL_KEY',
    })
    const [first = '', second = '', third = '', followed = ''] = ids
    const known = { playerId: 'player-0' }
    await record(here.server.address, [
      { ...known, achievementId: first },
      { ...known, achievementId: second, ...(dialect === 'accelbyte' ? {} : { percent: 41 }) },
      { playerId: 'player-1', achievementId: third },
    ])
    if (dialect === 'accelbyte') await recordLanterns('player-0', 4)
    else await record(here.server.address, [{ ...known, achievementId: followed, percent: 29 }])
    await until(async () => isDelivered(dialect))
    if (dialect === 'accelbyte') await recordLanterns('player-1', 10)
    else await record(here.server.address, [{ ...known, achievementId: second, percent: 99 }])
    await until(async () => isDelivered(dialect))
    for (const playerId of ['player-0', 'player-1']) {
      const progressList = await listProgress(here, dialect, playerId)
      expect(await listProgress(there, dialect, playerId)).toEqual(progressList)
    }
    const all = await listProgress(there, dialect, 'player-0')
    expect(new Set(all.map(([, how]) => how)).size).toBeGreaterThan(1)
  })
})

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
