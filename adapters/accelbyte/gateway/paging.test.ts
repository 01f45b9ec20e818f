import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixturesOf } from '../../../test/support/dialect-fixtures.ts'
import { entryOf } from '../../../test/support/documents.ts'
import { importText, textOf } from '../../../test/support/exchange.ts'
import { definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'
import { accelByteCaller, current, globals, items } from '../testing/social.ts'

const { namespace = '' } = fixturesOf('accelbyte').binding(1)
const PUBLIC = `/achievement/v1/public/namespaces/${namespace}`
const STATS = `/social/v1/public/namespaces/${namespace}`

let running: Awaited<ReturnType<typeof startAccelByte>>
let client: ReturnType<(typeof running)['clientOf']>
let api: ReturnType<typeof accelByteCaller>

beforeAll(async () => {
  running = await startAccelByte()
  client = running.clientOf(namespace)
  api = accelByteCaller(running.url)
  // Definitions of one document have the same time of creation.
  const entries = [5, 3, 1, 2, 4].map((number) => entryOf('accelbyte', { number }))
  await importText(running.services, 'accelbyte', textOf(...entries), { titleId: namespace })
  for (const code of ['z', 'y', 'x']) {
    const goal = { incremental: true, global: true, statCode: code, goalValue: 100 }
    await client.call('AdminCreateNewAchievement', { body: definition(`all-${code}`, goal) })
  }
})
afterAll(() => running[Symbol.asyncDispose]())

interface Page<Item> {
  readonly data: readonly Item[]
  readonly paging: { readonly next: string }
}

/** Reads all pages, and calls a function after each. */
async function itemsOf<Item>(
  read: (query: string) => Promise<Page<Item>>,
  first: string,
  change: (page: number) => Promise<unknown>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let query = first
  for (let page = 1; query !== ''; page += 1) {
    const { data, paging } = await read(query)
    all.push(...data)
    await change(page)
    query = paging.next.split('?')[1] ?? ''
  }
  return all
}

const move = (code: string, targetOrder: number) =>
  client.call('AdminUpdateAchievementListOrder', { code, body: { targetOrder } })
const unlock = (userId: string, code: string) => client.call('AdminUnlockAchievement', { userId, code })
const add = (userId: string, code: string) =>
  api.expect(
    [
      'PUT',
      `/social/v2/admin/namespaces/${namespace}/users/${userId}/stats/${code}/statitems/value`,
      { updateStrategy: 'INCREMENT', value: 1 },
    ],
    200,
    current,
  )

test('definitions in order of creation keep it while the list order changes', async () => {
  const read = (query: string) => client.call('AdminListAchievements', { query })
  const found = await itemsOf(read, 'sortBy=createdAt&limit=1', (page) => move(`goal-${(page % 5) + 1}`, 1))
  expect(found.map(({ achievementCode }) => achievementCode)).toEqual([
    'goal-1',
    'goal-2',
    'goal-3',
    'goal-4',
    'goal-5',
    'all-z',
    'all-y',
    'all-x',
  ])
})

test('rows of a user keep their order while others are begun and the list order changes', async () => {
  for (const code of ['goal-4', 'goal-2']) await unlock('ada', code)
  const change = async (page: number) => {
    if (page > 3) return
    await unlock('ada', ['goal-1', 'goal-3', 'goal-5'][page - 1] ?? '')
    await move(page % 2 === 0 ? 'goal-4' : 'goal-2', 1)
  }
  const read = (query: string) => client.call('PublicListUserAchievements', { userId: 'ada', query })
  const found = await itemsOf(read, 'limit=1', change)
  expect(found.map(({ achievementCode }) => achievementCode)).toEqual([
    'goal-4',
    'goal-2',
    'goal-1',
    'goal-3',
    'goal-5',
  ])
})

test('stat items and global achievements keep their order while values change and others are added', async () => {
  await add('bob', 'y')
  await add('bob', 'x')
  const listed = (query: string) => api.expect(['GET', `${STATS}/users/bob/statitems?${query}`], 200, items)
  const found = await itemsOf(listed, 'limit=1', async (page) => {
    await add('bob', page % 2 === 1 ? 'y' : 'x')
    if (page === 1) await add('bob', 'z')
    await move('all-z', page)
  })
  expect(found.map(({ statCode }) => statCode)).toEqual(['y', 'x', 'z'])
  const goals = await itemsOf(
    (query) => api.expect(['GET', `${PUBLIC}/global/achievements?${query}`], 200, globals),
    'limit=1',
    (page) => move(page % 2 === 1 ? 'all-z' : 'all-y', 1),
  )
  expect(goals.map(({ achievementCode }) => achievementCode)).toEqual(['all-y', 'all-x', 'all-z'])
})
