import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listAchievements } from '../../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import {
  reorderAchievement,
  updateAchievement,
} from '../../../src/service/achievements/update-achievement.ts'
import { listProgress } from '../../../src/service/progress/list-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const once = { requestId: undefined }
const titleId = 'title'
const IDS = Array.from({ length: 9 }, (_, index) => `a${index}`)

beforeAll(async () => {
  services = await createTestServices()
  const titleOf = (id: string) => ({
    id,
    displayName: 'T',
    defaultLocale: 'en',
    bindings: {},
    extensions: {},
  })
  for (const id of [titleId, 'large']) await createTitle(services, { title: titleOf(id), ...once }, call)
  for (const id of IDS)
    await createAchievement(services, { titleId, achievement: achievementOf({ id }), ...once }, call)
})
afterAll(() => services[Symbol.asyncDispose]())

type Read = (
  pageToken: string,
) => Promise<{ readonly ids: readonly string[]; readonly next: string | undefined }>

const lists: Readonly<Record<string, Read>> = {
  ...Object.fromEntries(
    (['list_order', 'update_time', 'create_time'] as const).flatMap((orderBy) =>
      [false, true].map((descending): [string, Read] => [
        `achievements by ${orderBy}${descending ? ', descending' : ''}`,
        async (pageToken) => {
          const request = {
            titleId,
            pageSize: 2,
            pageToken,
            tags: [],
            hidden: undefined,
            orderBy,
            descending,
          }
          const { items, nextPageToken } = await listAchievements(services, request, call)
          return { ids: items.map(({ id }) => id), next: nextPageToken }
        },
      ]),
    ),
  ),
  progress: async (pageToken) => {
    const request = { titleId, playerId: 'ann', pageSize: 2, pageToken, view: 'full', states: [] } as const
    const { items, nextPageToken } = await listProgress(services, request, call)
    return { ids: items.map(({ achievement }) => achievement.id), next: nextPageToken }
  },
}

const change = fc.record({
  achievementId: fc.constantFrom(...IDS),
  listOrder: fc.option(fc.integer({ min: 1, max: IDS.length }), { nil: undefined }),
})

test.each(Object.entries(lists))(
  'a list of %s skips and repeats nothing while its order changes',
  async (_, read) => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 4, maxLength: 4 }), async (changes) => {
        const found: string[] = []
        let next: string | undefined = ''
        for (let page = 0; next !== undefined; page += 1) {
          const { ids, next: token }: Awaited<ReturnType<Read>> = await read(next)
          found.push(...ids)
          next = token
          const { achievementId = 'a0', listOrder } = changes[page] ?? {}
          const key = { titleId, achievementId, ...once }
          if (listOrder !== undefined) await reorderAchievement(services, { ...key, listOrder }, call)
          else await updateAchievement(services, { ...key, etag: undefined, patch: { hidden: false } }, call)
        }
        expect([...found].sort()).toEqual(IDS)
      }),
      { numRuns: 8 },
    )
  },
)

test('a page ends before a message is too large, and the next one goes on', async () => {
  const extensions = { some: { text: 'é'.repeat(400_000) } }
  for (const id of IDS)
    await createAchievement(
      services,
      { titleId: 'large', achievement: achievementOf({ id, extensions }), ...once },
      call,
    )
  const request = {
    titleId: 'large',
    pageSize: 1000,
    tags: [],
    hidden: undefined,
    orderBy: 'list_order',
    descending: false,
  } as const
  const found: string[] = []
  let pageToken: string | undefined = ''
  while (pageToken !== undefined) {
    const page: Awaited<ReturnType<typeof listAchievements>> = await listAchievements(
      services,
      { ...request, pageToken },
      call,
    )
    expect(Buffer.byteLength(JSON.stringify(page.items.map(({ extensions }) => extensions)))).toBeLessThan(
      2 ** 22,
    )
    found.push(...page.items.map(({ id }) => id))
    pageToken = page.nextPageToken
  }
  expect(found).toEqual(IDS)
})
