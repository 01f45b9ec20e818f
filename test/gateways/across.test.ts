import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProgressServiceClient, RecordProgressRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createPlayer } from '../../src/service/players/players.ts'
import { listTitleProgress } from '../../src/service/progress/list-progress.ts'
import { createStat } from '../../src/service/stats/stats.ts'
import { createTitle } from '../../src/service/titles/titles.ts'
import { callUnary, createClient } from '../support/client.ts'
import { achievementOf, requirementOf } from '../support/records.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

const TITLE = 'across'
const SCID = '00000000-0000-0000-0000-000000000777'
const APPLICATION = '500000000000000777'
const ACCOUNTS = { xbox: '2533274600000777', discord: '500000000000000001', accelbyte: 'ab-user-777' }
const call = callOf()

let services: TestServices
let server: RunningServer
/** By code: its id on each platform. */
let ids: ReadonlyMap<string, Readonly<Record<string, string>>>

beforeAll(async () => {
  services = await createTestServices()
  server = await startServer({ databaseUrl: services.databaseUrl })
  const bindings = {
    xbox: { service_config_id: SCID, title_id: '777' },
    discord: { application_id: APPLICATION },
    accelbyte: { namespace: 'across-ns' },
  }
  const title = { id: TITLE, displayName: 'Across', defaultLocale: 'en', bindings, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  const stat = {
    titleId: TITLE,
    code: 'kills',
    displayName: 'Kills',
    defaultValue: 0,
    setBy: 'server',
  } as const
  const free = { minimum: undefined, maximum: undefined, incrementOnly: false, extensions: {} }
  await createStat(services, { stat: { ...stat, ...free }, requestId: undefined }, call)
  for (const achievement of [
    achievementOf({ id: 'plain' }),
    achievementOf({ id: 'thirds', requirements: [requirementOf({ target: 3n })] }),
    achievementOf({
      id: 'hunter',
      requirements: [requirementOf({ statCode: 'kills', target: 8, valueType: 'double' })],
    }),
  ]) {
    await createAchievement(services, { titleId: TITLE, achievement, requestId: undefined }, call)
  }
  const accounts = Object.entries(ACCOUNTS).map(([dialect, id]) => ({ dialect, id }))
  await createPlayer(
    services,
    { player: { id: 'kim', displayName: '', accounts }, requestId: undefined },
    call,
  )
  for (const dialect of Object.keys(ACCOUNTS)) {
    const progressList = await listTitleProgress(
      services,
      { dialect, titleId: TITLE, playerId: undefined },
      call,
    )
    ids = new Map(progressList.map(({ achievement }) => [achievement.id, achievement.ids]))
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

/** Waits where Discord's limits of calls want it. */
async function ask(
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly body: ReturnType<typeof JSON.parse> }> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`${server.url}${path}`, { method, headers, ...init })
  const text = await response.text()
  if (response.status === 429) {
    await sleep(JSON.parse(text).retry_after * 1000)
    return ask(method, path, body, headers)
  }
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
}

const idOf = (code: string, dialect: string) => ids.get(code)?.[dialect] ?? ''
const contract = { 'x-xbl-contract-version': '2' }
const me = { authorization: `Bearer ${ACCOUNTS.discord}` }
const admin = `/accelbyte/achievement/v1/admin/namespaces/across-ns/users/${ACCOUNTS.accelbyte}/achievements`
const values = `/accelbyte/social/v2/admin/namespaces/across-ns/users/${ACCOUNTS.accelbyte}/stats/kills/statitems/value`

const writes = {
  xbox: (code: string, percentComplete: number) =>
    ask('POST', `/xbox/users/xuid(${ACCOUNTS.xbox})/achievements/${SCID}/update`, {
      achievements: [{ id: idOf(code, 'xbox'), percentComplete }],
    }),
  discord: (code: string, percent_complete: number) => {
    const path = `/applications/${APPLICATION}/achievements/${idOf(code, 'discord')}`
    return ask(
      'PUT',
      `/discord/api/v10/users/${ACCOUNTS.discord}${path}`,
      { percent_complete },
      {
        authorization: 'Bot service',
      },
    )
  },
  accelbyte: (code: string) => ask('PUT', `${admin}/${code}/unlock`),
}

/** What each platform shows of an achievement: how far it is, and since when it is unlocked. */
async function shown(code: string) {
  const xbox = await ask(
    'GET',
    `/xbox/users/xuid(${ACCOUNTS.xbox})/achievements?titleId=777`,
    undefined,
    contract,
  )
  const onXbox = xbox.body.achievements.find(({ id }: { id: string }) => id === idOf(code, 'xbox'))
  const discord = await ask(
    'GET',
    `/discord/api/v10/users/@me/applications/${APPLICATION}/achievements`,
    undefined,
    me,
  )
  const onDiscord = discord.body.find(({ id }: { id: string }) => id === idOf(code, 'discord'))
  const accelbyte = await ask('GET', `${admin}?limit=100`)
  const onAccelByte = accelbyte.body.data.find(
    (row: { achievementCode: string }) => row.achievementCode === code,
  )
  return {
    xbox: {
      state: onXbox.progressState,
      progress: onXbox.progression.requirements.map((one: { current: string; target: string }) => [
        one.current,
        one.target,
      ]),
    },
    discord: onDiscord.percent_complete,
    accelbyte: onAccelByte && [onAccelByte.status, onAccelByte.latestValue],
    unlocked: [onXbox.progression.timeUnlocked, onDiscord.unlocked_at, onAccelByte?.achievedAt].map(
      // Each has its own spelling of an instant, and its own digits of it.
      (time: string | null | undefined) => (!time || time.startsWith('0001') ? 0 : Date.parse(time)),
    ),
  }
}

test('what one platform reports, every other shows at once', async () => {
  using grpc = createClient(ProgressServiceClient, server.address)
  const report = { $case: 'percent' as const, value: 29 }
  const key = { titleId: TITLE, playerId: 'kim', achievementId: 'thirds' }
  await callUnary(grpc, 'recordProgress', RecordProgressRequest.fromPartial({ ...key, report }))
  // Read back as the same percent, whole or not.
  expect(await shown('thirds')).toMatchObject({
    xbox: { state: 'InProgress', progress: [['29', '100']] },
    discord: 29,
    accelbyte: [1, 0.87],
  })

  expect((await writes.xbox('thirds', 67)).status).toBe(200)
  expect(await shown('thirds')).toMatchObject({
    xbox: { progress: [['67', '100']] },
    discord: 67,
    accelbyte: [1, 2],
    unlocked: [0, 0, 0],
  })

  expect((await writes.discord('thirds', 50)).status).toBe(200)
  expect((await writes.xbox('thirds', 67)).status).toBe(304)
  expect(await shown('thirds')).toMatchObject({ discord: 67, accelbyte: [1, 2] })

  expect((await writes.discord('thirds', 100)).status).toBe(200)
  const done = await shown('thirds')
  expect(done).toMatchObject({ xbox: { state: 'Achieved' }, discord: 100, accelbyte: [2, 3] })
  expect(new Set(done.unlocked).size).toBe(1)
  expect(done.unlocked[0]).toBeGreaterThan(0)

  expect((await writes.xbox('thirds', 100)).status).toBe(304)
  expect((await writes.accelbyte('plain')).status).toBe(204)
  expect(await shown('thirds')).toEqual(done)
})

test('an unlock of one platform is an unlock of all, at the same time, once', async () => {
  const before = await shown('plain')
  const again = await Promise.all([
    writes.accelbyte('plain'),
    writes.xbox('plain', 100),
    writes.discord('plain', 100),
  ])
  expect(again.map(({ status }) => status)).toEqual([204, 304, 200])
  expect(await shown('plain')).toEqual(before)
  expect(before).toMatchObject({ xbox: { state: 'Achieved' }, discord: 100, accelbyte: [2, 1] })
})

test('a statistic of one platform moves the achievement on all', async () => {
  const set = (value: number) => ask('PUT', values, { updateStrategy: 'OVERRIDE', value })
  expect((await set(5.5)).body).toMatchObject({ currentValue: 5.5 })
  expect(await shown('hunter')).toMatchObject({
    xbox: { state: 'InProgress', progress: [['5.5', '8']] },
    discord: 68,
    accelbyte: [1, 5.5],
  })
  await set(2)
  expect(await shown('hunter')).toMatchObject({ discord: 68, accelbyte: [1, 5.5] })
  await set(9)
  const { unlocked, ...rest } = await shown('hunter')
  expect(rest).toMatchObject({ xbox: { state: 'Achieved' }, discord: 100, accelbyte: [2, 9] })
  expect(new Set(unlocked).size).toBe(1)
})

test('what is taken back or reset is so everywhere', async () => {
  expect((await ask('DELETE', `${admin}/hunter/reset`)).status).toBe(204)
  expect(await shown('hunter')).toMatchObject({
    xbox: { state: 'NotStarted' },
    discord: 0,
    accelbyte: undefined,
    unlocked: [0, 0, 0],
  })
})
