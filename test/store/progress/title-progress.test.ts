import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openOperations } from '../../../src/service/operations.ts'
import { definitionToJson } from '../../../src/store/achievements/definition.ts'
import { CODED } from '../../support/documents.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const COUNT = 2100
const titleId = 'title'
const lastId = `a${COUNT}`
const once = { requestId: undefined }
const call = callOf()

let services: TestServices
let database: pg.Pool
let operations: ReturnType<typeof openOperations>
beforeAll(async () => {
  services = await createTestServices()
  operations = openOperations(services)
  database = new pg.Pool({ connectionString: services.databaseUrl, max: 1 })
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await operations.createTitle({ title, ...once }, call)
  await database.query(
    `insert into achievements (title_id, id, list_order, hidden, tags, stat_codes, score, definition, create_time, update_time)
     select $1, 'a' || n, n, false, '{}', '{}', 0, $2, 0, 0 from generate_series(1, $3::int) as n`,
    [titleId, JSON.stringify(definitionToJson(achievementOf())), COUNT],
  )
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})

const pagesFor = (playerId?: string) =>
  operations.listTitleProgress({ dialect: CODED, titleId, playerId }, call)

test('the pages of a title are each read when the one before was taken', async () => {
  const sizes: number[] = []
  for await (const page of pagesFor()) {
    sizes.push(page.length)
    await database.query(`update achievements set lifecycle = 'draft' where id = 'a2000'`)
  }
  await database.query(`update achievements set lifecycle = 'live' where id = 'a2000'`)
  expect(sizes).toEqual([1000, 1000, 99])
})

test('the pages for an absorbed player have the progress of the surviving one, on whichever page it is', async () => {
  for (const id of ['ann', 'bob'])
    await operations.createPlayer({ player: { id, displayName: '', accounts: [] }, ...once }, call)
  const report = { kind: 'percent', percent: 40 } as const
  const reported = { titleId, playerId: 'bob', achievementId: lastId, report, occurredTime: undefined }
  await operations.recordProgress({ ...reported, ...once }, call)
  const merge = { playerId: 'ann', absorbedPlayerId: 'bob', reason: 'one person', ...once }
  await operations.mergePlayers(merge, call)
  for (const playerId of ['ann', 'bob']) {
    const items = (await Array.fromAsync(pagesFor(playerId))).flat()
    expect(items).toHaveLength(COUNT)
    expect(items.at(-1)).toMatchObject({ achievement: { id: lastId }, progress: { percent: 40 } })
  }
})

test('the pages of a title that does not exist are an error', async () => {
  const pages = operations.listTitleProgress({ dialect: CODED, titleId: 'none', playerId: undefined }, call)
  await expect(pages.next()).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
})
