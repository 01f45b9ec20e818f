import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/model/limits.ts'
import { batchGetAchievements, listAchievements } from '../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { exportAchievements } from '../../src/service/exchange/export-achievements.ts'
import type { Page } from '../../src/service/paging.ts'
import { listProgress } from '../../src/service/progress/list-progress.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import { createStat, listStats } from '../../src/service/stats/stats.ts'
import { createTitle, listTitles } from '../../src/service/titles/titles.ts'
import { CODED } from '../support/documents.ts'
import { achievementOf } from '../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

const COUNT = 40
const MEBIBYTE = 2 ** 20
/** A page is read up to the row that reaches 4 MiB; a row has 1 MiB. */
const MAX_BYTES_OF_PAGE = 6 * MEBIBYTE
/** Nearly as large as an extension may be, and compressible. */
const extensions = { none: { text: 'x'.repeat(LIMITS.extensionBytes - 100) } }
const IDS = Array.from({ length: COUNT }, (_, index) => `n${String(index).padStart(3, '0')}`)

const titleId = 'large'
const call = callOf()
const once = { requestId: undefined }
let services: TestServices
const sockets: Socket[] = []
const collect = (message: unknown) => sockets.push((message as { readonly socket: Socket }).socket)
const bytesRead = () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)

beforeAll(async () => {
  subscribe('net.client.socket', collect)
  services = await createTestServices()
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions }
  await createTitle(services, { title, ...once }, call)
  const achievement = achievementOf({ id: 'n000', extensions })
  await createAchievement(services, { titleId, achievement, ...once }, call)
  const stat = {
    titleId,
    code: 'n000',
    displayName: '',
    defaultValue: 0,
    minimum: undefined,
    maximum: undefined,
    ...({ incrementOnly: false, setBy: 'server', extensions } as const),
  }
  await createStat(services, { stat, ...once }, call)
  const report = { titleId, playerId: 'ann', achievementId: 'n000', report: { kind: 'unlock' } } as const
  await recordProgress(services, { ...report, occurredTime: undefined, ...once }, call)
  await copyRows()
})
afterAll(async () => {
  await services[Symbol.asyncDispose]()
  unsubscribe('net.client.socket', collect)
})

/** Copies the first row of each table. */
async function copyRows(): Promise<void> {
  const database = new Client({ connectionString: services.databaseUrl })
  await database.connect()
  for (const [table, column, first] of [
    ['titles', 'id', titleId],
    ['achievements', 'id', 'n000'],
    ['stats', 'code', 'n000'],
  ] as const) {
    const { rows } = await database.query(
      `select string_agg(column_name, ', ') as names from information_schema.columns
       where table_name = $1 and is_generated = 'NEVER' and column_name <> $2`,
      [table, column],
    )
    await database.query(
      `insert into ${table} (${column}, ${rows[0].names}) select copy, ${rows[0].names}
       from ${table}, unnest($1::text[]) as copy where ${column} = $2`,
      [IDS.slice(1), first],
    )
  }
  await database.end()
}

const page = {
  pageSize: 1000,
  tags: [],
  hidden: undefined,
  orderBy: 'list_order',
  descending: false,
} as const
const lists: Readonly<Record<string, (pageToken: string) => Promise<Page<unknown>>>> = {
  achievements: (pageToken) => listAchievements(services, { titleId, ...page, pageToken }, call),
  progress: (pageToken) =>
    listProgress(services, { ...page, titleId, playerId: 'ann', view: 'full', states: [], pageToken }, call),
  stats: (pageToken) => listStats(services, { ...page, titleId, pageToken }, call),
  titles: (pageToken) => listTitles(services, { ...page, pageToken }, call),
}

describe.each(Object.entries(lists))('a list of large %s', (_, list) => {
  test('has each item once, and reads for a page little more than it returns', async () => {
    services.definitions.evict(IDS.map((id) => ({ ...achievementOf({ id }), titleId })) as never)
    let count = 0
    for (let token: string | undefined = ''; token !== undefined; ) {
      const before = bytesRead()
      const { items, nextPageToken }: Page<unknown> = await list(token)
      expect(bytesRead() - before).toBeLessThan(MAX_BYTES_OF_PAGE)
      count += items.length
      token = nextPageToken
    }
    expect(count).toBe(COUNT)
  })
})

test('an export of large definitions has each once', async () => {
  const options = {
    dialect: CODED,
    titleId,
    shape: undefined,
    achievementIds: [],
    ...({ locale: undefined, lossPolicy: 'report' } as const),
  }
  const parts = await Array.fromAsync(exportAchievements(services, options, call))
  expect(parts.at(-1)?.summary?.entryCount).toBe(COUNT)
})

test('a batch of definitions that are too large for one message is refused', async () => {
  const before = bytesRead()
  await expect(batchGetAchievements(services, { titleId, achievementIds: IDS }, call)).rejects.toMatchObject({
    code: 'invalid_argument',
  })
  expect(bytesRead() - before).toBeLessThan(MAX_BYTES_OF_PAGE)
  const found = await batchGetAchievements(services, { titleId, achievementIds: IDS.slice(0, 3) }, call)
  expect(found.map(({ id }) => id)).toEqual(IDS.slice(0, 3))
})
