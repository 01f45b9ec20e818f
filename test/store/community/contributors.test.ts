import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { listAllContributors } from '../../../src/service/community/lists.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { communityQueries } from '../../../src/store/community/community.ts'
import { READ_ON_WORKERS, skipOnCluster } from '../../support/citus.ts'
import { countingRows } from '../../support/counting-rows.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const KEY = { titleId: 'isles', achievementId: 'goal' }
const COUNT = 20_000

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  const title = { id: KEY.titleId, displayName: '', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const achievement = achievementOf({ id: KEY.achievementId })
  await createAchievement(services, { titleId: KEY.titleId, achievement, requestId: undefined }, callOf())
  const players = `select 'p' || i as id, i from generate_series(1, ${COUNT}) i`
  for (const statement of [
    `insert into players (id, display_name, create_time, update_time) select id, '', 1, 1 from (${players}) p`,
    `insert into player_titles (player_id, title_id) select id, 'isles' from (${players}) p`,
    // Many are equal, and differ in digits that a double does not have.
    `insert into contributions (player_id, title_id, achievement_id, value, create_time, update_time)
     select id, 'isles', 'goal', (i % 7)::numeric + (i % 3) * 1e-20, 1, 1 from (${players}) p`,
  ])
    await onDatabase(services.databaseUrl, statement)
})
afterAll(() => services[Symbol.asyncDispose]())

const list = (pageSize: number, pageToken?: string) =>
  listAllContributors(services, { ...KEY, pageSize, pageToken }, callOf())

test('all contributions are listed once, the highest first, while others rise', async () => {
  const seen: string[] = []
  const values: number[] = []
  let pageToken: string | undefined
  do {
    const page = await list(1_000, pageToken)
    seen.push(...page.items.map(({ playerId }) => playerId))
    values.push(...page.items.map(({ value }) => value))
    pageToken = page.nextPageToken
    // A contribution that was listed rises.
    await onDatabase(
      services.databaseUrl,
      'update contributions set value = value + 1 where player_id = $1',
      [seen.at(-1)],
    )
  } while (pageToken !== undefined)
  expect(seen).toHaveLength(COUNT)
  expect(new Set(seen).size).toBe(COUNT)
  expect(values).toEqual(values.toSorted((left, right) => right - left))
})

test('a page far below reads no more rows than the first one', async ({ skip }) => {
  skipOnCluster(skip, READ_ON_WORKERS)
  const last = { exactValue: '0.5', playerId: 'p1' }
  const { result, rowsRead } = await countingRows(services.databaseUrl, ['contributions'], (db) =>
    communityQueries(db).listRanked(KEY, last, 100),
  )
  expect(result).toHaveLength(100)
  expect(rowsRead).toBeLessThan(200)
})

test.each(['x ann', '1', '1e5 ann', ' ann', '1 '])('a token with the rank %j is refused', async (id) => {
  const [key, , head] = JSON.parse(Buffer.from((await list(1)).nextPageToken ?? '', 'base64url').toString())
  const forged = Buffer.from(JSON.stringify([key, id, head])).toString('base64url')
  await expect(list(1, forged)).rejects.toMatchObject({ reason: 'PAGE_TOKEN_INVALID' })
})
