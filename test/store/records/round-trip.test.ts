import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { listUnlockTotals } from '../../../src/service/achievements/unlock-totals.ts'
import { putImage } from '../../../src/service/images/images.ts'
import { openOperations } from '../../../src/service/operations.ts'
import { exportRecords } from '../../../src/service/records/export-records.ts'
import type { Services } from '../../../src/service/services.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { exportText } from '../../support/exchange.ts'
import type { MergedTitle } from '../../support/merged-title.ts'
import { createTitleWith } from '../../support/migration-job.ts'
import { exportLines, importLines, kindsOf, playTitle } from '../../support/record-lines.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'
import { countUnlocks } from '../../support/unlock-counts.ts'

const call = callOf()
const once = { requestId: undefined }

let source: TestServices
let target: TestServices
let played: MergedTitle
let lines: readonly string[]

beforeAll(async () => {
  source = await createTestServices()
  target = await createTestServices()
  played = await playTitle(source, 'one')
  await playTitle(source, 'two', false)
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
  const bytes = await pixel.png().toBuffer()
  const { hash } = await putImage(source, { titleId: 'one', bytes, format: undefined }, call)
  const media = [{ role: 'icon' as const, name: hash, url: '' }]
  const achievement = achievementOf({ id: 'pictured', media })
  await openOperations(source).createAchievement({ titleId: 'one', achievement, ...once }, call)
  // Exports of documents assign ids.
  for (const { id } of adapters) await exportText(source, id, 'one')
  await countUnlocks(source)
  lines = await exportLines(source)
  await importLines(target, lines, 7)
})
afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
})

describe('an export', () => {
  test('has lines of each kind', () => {
    const { end, ...kinds } = kindsOf(lines)
    expect(end).toBe(1)
    expect(Object.values(kinds)).not.toContain(0)
    expect(JSON.parse(lines.at(-1) ?? '').counts).toEqual({ ...kinds, export: undefined })
  })

  test('comes back equal, byte by byte but for the first line', async () => {
    expect((await exportLines(target)).slice(1)).toEqual(lines.slice(1))
  })

  test.each(adapters.map(({ id }) => id))('comes back equal in documents of %s', async (dialect) => {
    for (const playerId of [undefined, 'all'] as const) {
      const options = playerId === undefined ? {} : { playerId }
      const [expected, actual] = await Promise.all(
        [source, target].map((services) => exportText(services, dialect, 'one', options)),
      )
      expect(actual).toEqual(expected)
      expect(expected?.text).not.toBe('')
    }
  })

  test('comes back with equal totals, which further reports keep exact', async () => {
    const totalsOf = async (services: Services) => {
      const totals = []
      for (const titleId of ['one', 'two']) {
        const page = { pageSize: undefined, pageToken: undefined }
        totals.push((await listUnlockTotals(services, { titleId, ...page } as never, call)).items)
        for (const name of ['ann', 'bob', 'cy', 'dora']) {
          const key = { titleId, playerId: `${titleId} ${name}` }
          const { lastUnlockTime, ...summary } = await openOperations(services).getPlayerSummary(key, call)
          totals.push({ ...summary, hasUnlocked: lastUnlockTime !== undefined })
        }
      }
      return totals
    }
    await countUnlocks(target)
    expect(await totalsOf(target)).toEqual(await totalsOf(source))
    for (const services of [source, target]) {
      const title = played.through(services)
      await title.unlock('one cy', 'pictured')
      await title.setStat('one cy', 'laps', 3)
      await countUnlocks(services)
    }
    expect(await totalsOf(target)).toEqual(await totalsOf(source))
    expect(await played.through(target).progressOf('one cy', 'runner')).toMatchObject({ state: 'achieved' })
  })

  test('leaves request ids behind: one from before is a new request, and lowers nothing', async () => {
    await using other = await createTestServices()
    await importLines(other, lines)
    expect(await played.unlock('one ann', 'plain', 'request of ann')).toMatchObject({ newlyUnlocked: true })
    const repeated = await played.through(other).unlock('one ann', 'plain', 'request of ann')
    expect(repeated).toMatchObject({ newlyUnlocked: false, alreadyUnlocked: true })
  })

  test('is of the moment at which it began, while callers write', async () => {
    await using busy = await createTestServices()
    await importLines(busy, lines)
    const before = (await exportLines(busy)).slice(1)
    const parts: Uint8Array[] = []
    for await (const part of exportRecords(busy, { titleIds: [] }, callOf())) {
      if (parts.length === 1) await played.through(busy).unlock('one new', 'plain')
      parts.push(part)
    }
    const during = Buffer.concat(parts).toString().trimEnd().split('\n')
    expect(during.slice(1)).toEqual(before)
    expect((await exportLines(busy)).length).toBeGreaterThan(during.length)
  })

  test('that ends within many rows ends its transaction, and the next one begins', async () => {
    await using many = await createTestServices()
    const insert = `insert into players (id, display_name, create_time, update_time)
      select n, repeat('x', 100), 0, 0 from generate_series(1, 50000) n`
    await onDatabase(many.databaseUrl, insert)
    // More than the buffers between both ends of the connection, so that the database still writes.
    const takeSome = async (lines: AsyncGenerator<Uint8Array>) => {
      for (let size = 0; size < 100_000; ) size += ((await lines.next()).value as Uint8Array).length
    }
    const left = exportRecords(many, { titleIds: [] }, callOf())
    await takeSome(left)
    await left.return(undefined)
    const controller = new AbortController()
    const cancelled = exportRecords(many, { titleIds: [] }, { ...call, signal: controller.signal })
    await takeSome(cancelled)
    controller.abort()
    await expect(Array.fromAsync(cancelled)).rejects.toThrow('aborted')
    const open = `select from pg_stat_activity
      where datname = current_database() and backend_xmin is not null and pid <> pg_backend_pid()`
    await expect.poll(() => onDatabase(many.databaseUrl, open)).toEqual([])
    expect(kindsOf(await exportLines(many))).toMatchObject({ player: 50_000 })
  })
})

test('definitions beyond the limits of requests come back too, as documents of platforms have them', async () => {
  await using other = await createTestServices()
  await using third = await createTestServices()
  const tags = Array.from({ length: 200 }, (_, index) => `tag\n${index}`)
  const name = { locale: 'en', text: 'x'.repeat(5_000), translations: {} }
  await createTitleWith(other, 'long', [achievementOf({ tags, name, window: { start: 7n, end: 1n } })])
  const long = await exportLines(other)
  await importLines(third, long)
  expect((await exportLines(third)).slice(1)).toEqual(long.slice(1))
})

test('a text without a locale has the default locale of its title', async () => {
  await using other = await createTestServices()
  const open = lines.map((line) =>
    line.replace('"defaultLocale":"en"', '"defaultLocale":"de"').replace(/("name":\{)"locale":"en",/, '$1'),
  )
  await importLines(other, open)
  const names = (await exportLines(other)).flatMap((line) => JSON.parse(line).achievement?.name ?? [])
  expect(new Set(names.map(({ locale }) => locale))).toEqual(new Set(['de']))
})

describe('an export of chosen titles', () => {
  test('has these titles with the players who have anything in them', async () => {
    const chosen = await exportLines(source, ['one', 'one'])
    expect(kindsOf(chosen)).toMatchObject({ title: 1, player: 3, account: 3, image: 1, merged_player: 1 })
    expect(chosen.filter((line) => line.includes('"titleId":"two"'))).toEqual([])
    await using other = await createTestServices()
    await importLines(other, chosen)
    expect((await exportLines(other)).slice(1)).toEqual(chosen.slice(1))
  })

  test('fails for a title that does not exist', async () => {
    await expect(exportLines(source, ['none'])).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
    expect(await source.store.read(NEVER_ABORTED, (queries) => queries.titles.count())).toBe(2)
  })
})
