import { afterAll, beforeAll, expect, test } from 'vitest'
import { GetProgressRequest, ProgressServiceClient } from '../../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../../../test/support/client.ts'
import { gamerscore } from '../../../test/support/records.ts'
import { openXboxReplay, openXboxWebApi } from '../testing/clients.ts'
import { createXboxTitle, linkPlayer, startXbox, type XboxIds, type XboxServer } from '../testing/server.ts'
import { HISTORIES, LISTS } from '../testing/strict-model.ts'

let xbox: XboxServer
let ids: XboxIds
const XUID = '2533274912330216'
const COUNT = 70

beforeAll(async () => {
  xbox = await startXbox()
  const many = Array.from({ length: COUNT }, () => ({ rewards: gamerscore(10) }))
  ids = await createXboxTitle(xbox.services, 'many', 2003727579, many)
})
afterAll(() => xbox[Symbol.asyncDispose]())

test('xbox-webapi lists a title page by page', async () => {
  const client = openXboxWebApi(xbox.url, XUID)
  const seen: string[] = []
  let token: string | number | null = 0
  while (token !== null) {
    const { achievements, pagingInfo } = LISTS[2].parse(await client.getTitleId(ids.titleId, token))
    seen.push(...achievements.map(({ id }) => id))
    expect(pagingInfo.totalRecords).toBe(COUNT)
    expect(achievements.length).toBe(Math.min(32, COUNT - Number(token)))
    token = pagingInfo.continuationToken
  }
  expect(seen).toEqual(Array.from({ length: COUNT }, (_, index) => String(index + 1)))
})

test('@xboxreplay/xboxlive-api updates, and lists what it updated', async () => {
  const client = openXboxReplay(xbox.url)
  const update = (percentComplete: number) =>
    client.post(`/users/xuid(${XUID})/achievements/${ids.scid}/update`, {
      action: 'progressUpdate',
      serviceConfigId: ids.scid,
      titleId: Number(ids.titleId),
      userId: XUID,
      achievements: [{ id: '7', percentComplete }],
    })
  expect(await update(50)).toEqual({})
  // The client takes 304, which has no body, for a failure.
  await expect(update(50)).rejects.toMatchObject({ message: expect.stringContaining('304') })
  expect(await update(100)).toEqual({})

  const params = { titleId: ids.titleId, maxItems: 1000 }
  const list = LISTS[4].parse(await client.get(`/users/xuid(${XUID})/achievements`, params, 4))
  expect(list.achievements).toHaveLength(COUNT)
  const states = list.achievements.filter(({ progressState }) => progressState !== 'NotStarted')
  expect(states.map(({ id, progressState }) => [id, progressState])).toEqual([['7', 'Achieved']])

  using progress = createClient(ProgressServiceClient, xbox.server.address)
  const key = { titleId: 'many', achievementId: 'a7', playerId: `xbox:${XUID}` }
  const { progress: seen } = await callUnary(progress, 'getProgress', GetProgressRequest.fromPartial(key))
  expect(seen?.percent).toBe(100)
})

test('both read the history, in either contract', async () => {
  const xuid = '2814616665093727'
  const { scid } = ids
  const replay = openXboxReplay(xbox.url)
  for (const [index, percentComplete] of [100, 100, 99].entries()) {
    const achievements = [{ id: String(index + 1), percentComplete }]
    await replay.post(`/users/xuid(${xuid})/achievements/${scid}/update`, { achievements })
  }
  const expected = {
    titleId: Number(ids.titleId),
    name: 'The many™',
    currentGamerscore: 20,
  }
  const client = openXboxWebApi(xbox.url, xuid)
  const { titles, pagingInfo } = HISTORIES[2].parse(await client.getTitleAchievements())
  expect(pagingInfo).toEqual({ continuationToken: null, totalRecords: 1 })
  expect(titles).toEqual([
    expect.objectContaining({
      ...expected,
      serviceConfigId: scid,
      earnedAchievements: 2,
      maxGamerscore: 700,
    }),
  ])
  expect(HISTORIES[2].parse(await replay.get(`/users/xuid(${xuid})/history/titles`)).titles).toEqual(titles)
  const first = HISTORIES[1].parse(await client.getTitleAchievements360())
  expect(first.titles).toEqual([
    expect.objectContaining({
      ...expected,
      lastPlayed: titles[0]?.lastUnlock,
      currentAchievements: 2,
      totalAchievements: COUNT,
      totalGamerscore: 700,
    }),
  ])
  // The client continues in contract 1, whose list has earned achievements alone.
  const earned = LISTS[1].parse(await client.getTitleId360(ids.titleId))
  expect(earned.achievements.map(({ id, gamerscore }) => [id, gamerscore])).toEqual([
    [1, 10],
    [2, 10],
  ])
})

test('an update is seen of each way that leads to the player', async () => {
  const [playerId, xuid] = ['somebody-else', '2533274900000001']
  await linkPlayer(xbox.services, playerId, xuid)
  expect((await xbox.update(xuid, ids, { 3: 40 })).status).toBe(200)
  using progress = createClient(ProgressServiceClient, xbox.server.address)
  const key = { titleId: 'many', achievementId: 'a3', playerId }
  const { progress: seen } = await callUnary(progress, 'getProgress', GetProgressRequest.fromPartial(key))
  expect(seen?.percent).toBe(40)
})
