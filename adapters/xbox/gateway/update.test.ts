import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPlayer } from '../../../src/service/players/players.ts'
import { requirementOf } from '../../../test/support/records.ts'
import { callOf } from '../../../test/support/services.ts'
import { createXboxTitle, linkPlayer, startXbox, type XboxIds, type XboxServer } from '../testing/server.ts'
import { serviceError } from '../testing/strict-model.ts'

let xbox: XboxServer
let ids: XboxIds
let nextXuid = 2_533_274_700_000_000
const newXuid = () => {
  nextXuid += 1
  return String(nextXuid)
}
const playerOf = async (accountId: string) =>
  (await findPlayer(xbox.services, { dialect: 'xbox', accountId }, callOf())).id

beforeAll(async () => {
  xbox = await startXbox()
  const followed = requirementOf({ id: 'miles', statCode: 'miles' })
  ids = await createXboxTitle(xbox.services, 'updated', 99, [
    {},
    { requirements: [requirementOf({ target: 3n })] },
    { requirements: [followed] },
    { kind: 'challenge', window: { start: 0n, end: 1n } },
    { titleAssociations: [{ id: '98', name: 'Its other name', version: undefined }] },
  ])
})
afterAll(() => xbox[Symbol.asyncDispose]())

async function progressOf(xuid: string, id: string) {
  const { achievements } = await xbox.list(`/users/xuid(${xuid})/achievements/${ids.scid}/${id}`)
  const [{ progressState, progression } = { progressState: '', progression: undefined }] = achievements
  return { state: progressState, current: progression?.requirements[0]?.current, progression }
}

const send = (xuid: string, body: object | string | Uint8Array, scid = ids.scid) =>
  xbox.ask(`/users/xuid(${xuid})/achievements/${scid}/update`, { body })

describe('an update', () => {
  test('raises, never lowers, and unlocks once', async () => {
    const xuid = newXuid()
    const responses: (readonly [number, string])[] = []
    for (const percent of [10, 10, 5, 40, 100, 100, 50, 150]) {
      const { status, text } = await xbox.update(xuid, ids, { 1: percent })
      responses.push([status, text])
    }
    const [rose, same] = [
      [200, '{}'],
      [304, ''],
    ]
    expect(responses).toEqual([rose, same, same, rose, rose, same, same, same])
    expect((await progressOf(xuid, '1')).state).toBe('Achieved')
  })

  test('reads back as the highest percent, in whatever order they come', async () => {
    const percents = fc.array(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(percents, fc.constantFrom('1', '2'), async (said, id) => {
        const xuid = newXuid()
        for (const percent of said) await xbox.update(xuid, ids, { [id]: percent })
        const { state, current } = await progressOf(xuid, id)
        const highest = Math.max(...said)
        expect(state).toBe(highest > 0 ? 'InProgress' : 'NotStarted')
        if (id === '1') expect(current).toBe(String(highest))
      }),
      { numRuns: 15 },
    )
  })

  test('of a part of a count reads back in percent', async () => {
    const xuid = newXuid()
    await xbox.update(xuid, ids, { 2: 29 })
    const { progression } = await progressOf(xuid, '2')
    expect(progression?.requirements).toMatchObject([{ current: '29', target: '100' }])
  })

  test('is read leniently', async () => {
    const xuid = newXuid()
    const said = { serviceConfigId: ids.scid.toUpperCase(), titleId: '99', userId: Number(xuid) }
    expect((await send(xuid, { ...said, achievements: [{ id: 1, percentComplete: '12' }] })).status).toBe(200)
    expect((await progressOf(xuid, '1')).current).toBe('12')
    expect((await send(xuid, '{"achievements":[{"id":"1","percentComplete":12.9},]}')).status).toBe(304)
    expect((await send(xuid, '\uFEFF{"achievements":[{"id":" 1 ","percentComplete":13}]}')).status).toBe(200)
    const associated = { titleId: 98, achievements: [{ id: '5', percentComplete: 1e300 }] }
    expect((await send(xuid, associated)).status).toBe(200)
    expect((await progressOf(xuid, '5')).state).toBe('Achieved')
    const huge = '{"achievements":[{"id":"1","percentComplete":123456789012345678901}]}'
    expect((await send(xuid, huge)).status).toBe(200)
    expect((await progressOf(xuid, '1')).state).toBe('Achieved')
  })

  test('of many succeeds where any rises, and the highest of duplicates counts', async () => {
    const xuid = newXuid()
    const entries = (...pairs: [string, number][]) => ({
      achievements: pairs.map(([id, percentComplete]) => ({ id, percentComplete })),
    })
    expect((await send(xuid, entries(['1', 20], ['1', 60], ['1', 40], ['2', 10]))).status).toBe(200)
    expect((await progressOf(xuid, '1')).current).toBe('60')
    expect((await send(xuid, entries(['1', 60], ['2', 11]))).status).toBe(200)
    expect((await send(xuid, entries(['1', 60], ['2', 11]))).status).toBe(304)
  })

  test('races with others, and one of them unlocks', async () => {
    const xuid = newXuid()
    const responses = await Promise.all(Array.from({ length: 20 }, () => xbox.update(xuid, ids, { 1: 100 })))
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 304)).toHaveLength(19)
  })

  test('registers an unknown account, and writes to the player of a known one', async () => {
    const [otherPlayer, known] = [newXuid(), newXuid()]
    await linkPlayer(xbox.services, 'known-player', known)
    for (const xuid of [otherPlayer, known]) expect((await xbox.update(xuid, ids, { 1: 1 })).status).toBe(200)
    expect(await playerOf(known)).toBe('known-player')
    expect(await playerOf(otherPlayer)).not.toBe('known-player')
  })
})

describe('a refused update', () => {
  const entry = { id: '1', percentComplete: 10 }
  test.each([
    ['an unknown achievement', 404, { achievements: [entry, { id: '999', percentComplete: 1 }] }],
    ['what follows a stat', 400, { achievements: [entry, { id: '3', percentComplete: 1 }] }],
    ['another user', 403, { userId: '1', achievements: [entry] }],
    ['another service configuration', 400, { serviceConfigId: 'other', achievements: [entry] }],
    ['another title', 400, { titleId: 100, achievements: [entry] }],
    ['another action', 400, { action: 'progressReset', achievements: [entry] }],
    ['no achievements', 400, { achievements: [] }],
    ['no list', 400, {}],
    ['a negative percent', 400, { achievements: [{ id: '1', percentComplete: -1 }] }],
    ['no percent', 400, { achievements: [{ id: '1' }] }],
    ['no id', 400, { achievements: [{ percentComplete: 1 }] }],
    ['too many', 400, { achievements: Array.from({ length: 1001 }, () => entry) }],
    ['no JSON', 400, '{"achievements":'],
    ['no body', 400, ''],
    ['no text', 400, new Uint8Array([0xff, 0xfe, 0x00])],
    ['a challenge that is over', 400, { achievements: [{ id: '4', percentComplete: 100 }] }],
  ])('of %s leaves nothing behind', async (_, status, body) => {
    const xuid = newXuid()
    const response = await send(xuid, body)
    expect([response.status, response.text]).toEqual([status, expect.stringContaining('"source":"Progress"')])
    expect(serviceError.parse(response.json()).code).toBe({ 400: 4000, 403: 4500, 404: 0 }[status])
    expect((await progressOf(xuid, '1')).state).toBe('NotStarted')
    await expect(playerOf(xuid)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('of an unknown title is 404', async () => {
    const response = await send(newXuid(), { achievements: [entry] }, '00000000-0000-0000-0000-0000000000ff')
    expect(response.status).toBe(404)
  })

  test('of one achievement is reported although another one rose', async () => {
    const xuid = newXuid()
    const body = { achievements: [entry, { id: '4', percentComplete: 100 }] }
    expect((await send(xuid, body)).status).toBe(400)
    expect((await progressOf(xuid, '1')).current).toBe('10')
  })
})
