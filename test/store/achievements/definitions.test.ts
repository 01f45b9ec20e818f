import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  batchGetAchievements,
  getAchievement,
  listAchievements,
} from '../../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../../src/service/achievements/delete-achievement.ts'
import {
  reorderAchievement,
  updateAchievement,
} from '../../../src/service/achievements/update-achievement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { getStat } from '../../../src/service/stats/stats.ts'
import { createTitle, deleteTitle, getTitle, updateTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const newTitle = (id: string) => ({ id, displayName: id, defaultLocale: 'en', bindings: {}, extensions: {} })
const title = (id: string, parts = {}) =>
  createTitle(services, { title: { ...newTitle(id), ...parts }, requestId: undefined }, call)
const create = (titleId: string, parts: Parameters<typeof achievementOf>[0]) =>
  createAchievement(services, { titleId, achievement: achievementOf(parts), requestId: undefined }, call)
const list = (titleId: string, parts = {}) => {
  const all = { tags: [], hidden: undefined, orderBy: 'list_order', descending: false } as const
  return listAchievements(
    services,
    { titleId, pageSize: undefined, pageToken: undefined, ...all, ...parts },
    call,
  )
}

describe('a title', () => {
  test('stores its bindings, and rejects a binding of another title', async () => {
    const bindings = {
      toy: { game: '4294967295', region: 'a' },
      'platform-a': { application: '7' },
    }
    expect(await title('bound', { bindings })).toMatchObject({
      bindings,
      etag: expect.stringMatching(/^\d{16}$/),
    })
    const other = title('other', { bindings: { 'platform-a': { application: '7' } } })
    await expect(other).rejects.toMatchObject({ code: 'already_exists', reason: 'BINDING_TAKEN' })
    await expect(getTitle(services, { titleId: 'other' }, call)).rejects.toMatchObject({
      reason: 'TITLE_NOT_FOUND',
    })
  })

  test('rejects an update with an old etag', async () => {
    const { etag } = await title('versioned')
    const update = (etag: string, displayName: string) =>
      updateTitle(
        services,
        { titleId: 'versioned', etag, patch: { displayName }, requestId: undefined },
        call,
      )
    const next = String(BigInt(etag) + 1n)
    expect(await update(etag, 'second')).toMatchObject({ displayName: 'second', etag: next })
    await expect(update(etag, 'third')).rejects.toMatchObject({ code: 'aborted', reason: 'ETAG_MISMATCH' })
  })

  test('is deleted with its achievements and players only if force is set', async () => {
    await title('full')
    const requirements = [requirementOf({ statCode: 'kills' }), requirementOf({ id: 'free' })]
    await create('full', { id: 'a', requirements })
    const report = { kind: 'reach', requirementId: 'free', quantity: 1n } as const
    const player = { titleId: 'full', playerId: 'p', achievementId: 'a' }
    await recordProgress(services, { ...player, report, occurredTime: undefined, requestId: undefined }, call)
    const remove = (force: boolean) =>
      deleteTitle(services, { titleId: 'full', etag: undefined, force, requestId: undefined }, call)
    await expect(remove(false)).rejects.toMatchObject({ reason: 'TITLE_NOT_EMPTY' })
    await remove(true)
    await expect(getTitle(services, { titleId: 'full' }, call)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('an achievement', () => {
  test('is returned exactly as it was created, in every member', async () => {
    await title('exact')
    const rich = achievementOf({
      id: 'Case-Kept',
      listOrder: 4,
      name: { locale: 'en', text: 'Ünï ™', translations: { de: 'x', __proto__x: 'y' } },
      lockedDescription: { locale: 'en', text: '', translations: {} },
      hidden: true,
      serverOnly: true,
      kind: 'challenge',
      window: { start: -62_135_596_800n * 10_000_000n, end: 253_402_300_799_9999999n },
      participation: 'group',
      requirements: [
        requirementOf({ id: 'a', target: 2n ** 63n - 1n, statCode: 'kills' }),
        requirementOf({ id: 'b', operator: 'at_most', target: 7.7, valueType: 'double' }),
        requirementOf({ id: 'c', target: 1e300, valueType: 'double' }),
      ],
      rewards: [
        {
          kind: 'art',
          value: 'u',
          name: 'n',
          description: undefined,
          media: { role: 'icon', name: 'i', url: '' },
        },
      ],
      media: [{ role: 'locked_icon', name: 's', url: '' }],
      tags: ['a', 'b'],
      platforms: ['Durango'],
      productId: 'p',
      deepLink: '',
      estimatedTime: 36_000_000_001n,
      titleAssociations: [{ id: '4294967295', name: 'n', version: undefined }],
      ids: { toy: '7', 'platform-a': '580159119969878046' },
      extensions: { toy: { big: 18_446_744_073_709_551_615n, list: [1, null, { a: 'b' }] } },
    })
    const stored = await createAchievement(
      services,
      { titleId: 'exact', achievement: rich, requestId: undefined },
      call,
    )
    expect(stored).toMatchObject({ titleId: 'exact', etag: expect.stringMatching(/^\d+$/) })
    const { createTime, updateTime, titleId, etag, ...definition } = stored
    expect({ ...definition, createTime: undefined, updateTime: undefined }).toStrictEqual(rich)
    expect(
      await getAchievement(services, { titleId: 'exact', achievementId: 'Case-Kept' }, call),
    ).toStrictEqual(stored)
    expect(await getStat(services, { titleId: 'exact', code: 'kills' }, call)).toMatchObject({
      defaultValue: 0,
    })
    await expect(
      getAchievement(services, { titleId: 'exact', achievementId: 'case-kept' }, call),
    ).rejects.toMatchObject({
      reason: 'ACHIEVEMENT_NOT_FOUND',
    })
  })

  test('rejects the id and the dialect ids of another achievement', async () => {
    await title('unique')
    await create('unique', { id: 'a', ids: { toy: '1' } })
    await expect(create('unique', { id: 'a' })).rejects.toMatchObject({ reason: 'ACHIEVEMENT_EXISTS' })
    await expect(create('unique', { id: 'b', ids: { toy: '1' } })).rejects.toMatchObject({
      reason: 'DIALECT_ID_TAKEN',
      metadata: { achievementId: 'a' },
    })
    await expect(create('nowhere', { id: 'a' })).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })

  test('keeps members that a patch leaves out, and adjusts the totals of its players to the new gamerscore', async () => {
    await title('scored')
    const worth = (value: string) => [
      { kind: 'gamerscore', value, name: undefined, description: undefined, media: undefined } as const,
    ]
    const { etag } = await create('scored', { id: 'a', tags: ['keep'], rewards: worth('10') })
    const player = { titleId: 'scored', playerId: 'p', achievementId: 'a' }
    await recordProgress(
      services,
      { ...player, report: { kind: 'unlock' }, occurredTime: undefined, requestId: undefined },
      call,
    )
    const patch = { rewards: worth('25') }
    const update = { titleId: 'scored', achievementId: 'a', etag, patch, requestId: undefined }
    expect(await updateAchievement(services, update, call)).toMatchObject({
      tags: ['keep'],
      etag: String(BigInt(etag) + 1n),
    })
    const { getPlayerSummary } = await import('../../../src/service/progress/get-progress.ts')
    expect(await getPlayerSummary(services, player, call)).toMatchObject({
      score: 25n,
      unlockedCount: 1,
      maxScore: 25n,
    })
  })

  test('is deleted with its progress only if force is set, and leaves the totals', async () => {
    await title('deleted')
    await create('deleted', { id: 'a' })
    const player = { titleId: 'deleted', playerId: 'p', achievementId: 'a' }
    await recordProgress(
      services,
      { ...player, report: { kind: 'unlock' }, occurredTime: undefined, requestId: undefined },
      call,
    )
    const remove = (force: boolean) =>
      deleteAchievement(
        services,
        { titleId: 'deleted', achievementId: 'a', etag: undefined, force, requestId: undefined },
        call,
      )
    await expect(remove(false)).rejects.toMatchObject({ reason: 'ACHIEVEMENT_HAS_PROGRESS' })
    await remove(true)
    const { getPlayerSummary } = await import('../../../src/service/progress/get-progress.ts')
    expect(await getPlayerSummary(services, player, call)).toMatchObject({
      unlockedCount: 0,
      achievementCount: 0,
    })
  })
})

describe('a list of achievements', () => {
  beforeAll(async () => {
    await title('listed')
    for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
      await create('listed', { id, hidden: index % 2 === 0, tags: index < 2 ? ['low', id] : ['high'] })
    }
  })

  test('is paged in ascending and descending order', async () => {
    const first = await list('listed', { pageSize: 2 })
    expect(first.items.map(({ id }) => id)).toEqual(['a', 'b'])
    const second = await list('listed', { pageSize: 2, pageToken: first.nextPageToken })
    const third = await list('listed', { pageSize: 2, pageToken: second.nextPageToken })
    expect([...second.items, ...third.items].map(({ id }) => id)).toEqual(['c', 'd', 'e'])
    expect(third.nextPageToken).toBeUndefined()
    const back = await list('listed', { pageSize: 3, orderBy: 'create_time', descending: true })
    const rest = await list('listed', {
      pageSize: 3,
      orderBy: 'create_time',
      descending: true,
      pageToken: back.nextPageToken,
    })
    expect([...back.items, ...rest.items].map(({ id }) => id)).toEqual(['e', 'd', 'c', 'b', 'a'])
  })

  test('is filtered by tags and by hidden', async () => {
    expect((await list('listed', { tags: ['low'] })).items.map(({ id }) => id)).toEqual(['a', 'b'])
    expect((await list('listed', { tags: ['a', 'high'], hidden: false })).items.map(({ id }) => id)).toEqual([
      'd',
    ])
  })

  test('rejects a page token of another list', async () => {
    const { nextPageToken } = await list('listed', { pageSize: 2 })
    const other = list('listed', { pageToken: nextPageToken, tags: ['low'] })
    await expect(other).rejects.toMatchObject({ code: 'invalid_argument', reason: 'PAGE_TOKEN_INVALID' })
    await expect(list('listed', { pageToken: 'nonsense' })).rejects.toMatchObject({
      reason: 'PAGE_TOKEN_INVALID',
    })
    await expect(list('nowhere')).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })

  test('returns a batch in the order of the ids, and fails if one is missing', async () => {
    const get = (...achievementIds: string[]) =>
      batchGetAchievements(services, { titleId: 'listed', achievementIds }, call)
    expect((await get('c', 'a', 'c')).map(({ id }) => id)).toEqual(['c', 'a', 'c'])
    await expect(get('c', 'z')).rejects.toMatchObject({ metadata: { achievementId: 'z' } })
  })

  test('shifts the achievements between the old and the new list order of a moved one', async () => {
    const move = (achievementId: string, listOrder: number) =>
      reorderAchievement(
        services,
        { titleId: 'listed', achievementId, listOrder, requestId: undefined },
        call,
      )
    await move('d', 2)
    expect((await list('listed')).items.map(({ id }) => id)).toEqual(['a', 'd', 'b', 'c', 'e'])
    await move('a', 99)
    expect((await list('listed')).items.map(({ id, listOrder }) => [id, listOrder])).toEqual([
      ['d', 1],
      ['b', 2],
      ['c', 3],
      ['e', 4],
      ['a', 5],
    ])
  })
})

describe('a request id', () => {
  test('returns the first response when it is repeated, and is rejected for another request', async () => {
    const request = { title: newTitle('once'), requestId: 'req-1' }
    const first = await createTitle(services, request, call)
    expect(await createTitle(services, request, call)).toEqual(first)
    const other = { title: { ...newTitle('once'), displayName: 'else' }, requestId: 'req-1' }
    await expect(createTitle(services, other, call)).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' })
  })

  test('runs the request once when 20 concurrent calls carry it', async () => {
    const request = { title: newTitle('race'), requestId: 'req-race' }
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => createTitle(services, request, call)),
    )
    expect(new Set(responses.map(({ createTime }) => createTime)).size).toBe(1)
  })
})
