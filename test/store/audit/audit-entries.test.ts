import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaurelError } from '../../../src/model/errors.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { purgeAuditEntries } from '../../../src/service/audit/purge-audit-entries.ts'
import { auditRefusals } from '../../../src/service/audit/refused-credentials.ts'
import { completeImport } from '../../../src/service/exchange/audit-import.ts'
import { importAchievements } from '../../../src/service/exchange/import-document.ts'
import { ImportTally } from '../../../src/service/exchange/import-tally.ts'
import { deletePlayer } from '../../../src/service/players/players.ts'
import { resetProgress } from '../../../src/service/progress/enforcement.ts'
import { updateTitle } from '../../../src/service/titles/titles.ts'
import { auditPage, entriesOf } from '../../support/audit.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { CODED, entryOf } from '../../support/documents.ts'
import { createPlayedTitle, titleId } from '../../support/played-title.ts'
import { callOf } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>

beforeAll(async () => {
  played = await createPlayedTitle()
})
afterAll(() => played[Symbol.asyncDispose]())

const INSERT = `insert into audit_entries (time, actor, operation, resource_type, title_id, resource_id, player_id,
  request_id, reason, before, record_omitted)`

/** Inserts entries of numbered resources whose times are their numbers. */
async function insertMany(title: string, count: number, before: string | null = null): Promise<void> {
  await played.pool.query(
    `${INSERT} select i, 'ops', 'op', 'title', $1, i::text, '', '', '', $3::text, false
     from generate_series(1, $2::int) i`,
    [title, count, before],
  )
}

async function pagesOf(filter: Parameters<typeof auditPage>[1]) {
  const pages: Awaited<ReturnType<typeof auditPage>>[] = []
  do pages.push(await auditPage(played.services, { ...filter, pageToken: pages.at(-1)?.nextPageToken }))
  while (pages.at(-1)?.nextPageToken !== undefined)
  return pages
}

test.each([
  ['title', { titleId: 'none' }, 0],
  ['type', { resourceType: 'stat' }, 2],
  ['resource', { resourceId: 's1' }, 1],
  ['player', { playerId: 'ann' }, 1],
  ['actor', { actor: 'ops (ada)' }, 1],
  ['operation', { operation: 'StatService/DeleteStat' }, 1],
  ['start time, inclusive', { startTime: 2n }, 2],
  ['end time, exclusive', { endTime: 2n }, 1],
] as const)('filters by %s', async (_, filter, count) => {
  await played.pool.query(`delete from audit_entries where title_id = 'filtered'`)
  await played.pool.query(`${INSERT} values
    (1, 'ops (ada)', 'StatService/CreateStat', 'stat', 'filtered', 's1', '', '', '', null, false),
    (2, 'ops', 'StatService/DeleteStat', 'stat', 'filtered', 's2', '', '', '', null, false),
    (3, 'ops', 'PlayerService/CreatePlayer', 'progress', 'filtered', 'a', 'ann', '', '', null, false)`)
  expect(await entriesOf(played.services, { titleId: 'filtered', ...filter })).toHaveLength(count)
})

test('a page ends before 4 MiB, and after 10,000 entries that the filters leave out', async () => {
  await insertMany('large', 12, JSON.stringify({ text: 'x'.repeat(1_000_000) }))
  await insertMany('long', 20_500)
  for (const order of ['oldest_first', 'newest_first'] as const) {
    const large = await pagesOf({ titleId: 'large', order })
    expect(large.map(({ items }) => items.length)).toEqual([3, 3, 3, 3])
    expect(new Set(large.flatMap(({ items }) => items.map(({ id }) => id))).size).toBe(12)
    const long = await pagesOf({ titleId: 'long', order, startTime: 20_500n })
    expect(long.map(({ items }) => items.length).toSorted()).toEqual([0, 0, 1])
  }
})

test('an entry of a transaction that is still open is listed after its commit, and before later ones', async () => {
  const client = new pg.Client({ connectionString: played.services.databaseUrl })
  await client.connect()
  await client.query('begin; lock table events in row exclusive mode')
  await client.query(`${INSERT} values (1, 'a', 'b', 'title', 'late', 'first', '', '', '', null, false)`)
  await insertMany('late', 1)
  const page = await auditPage(played.services, { titleId: 'late', order: 'oldest_first' })
  expect(page.items).toEqual([])
  await client.query('commit')
  await client.end()
  const entries = await entriesOf(played.services, { titleId: 'late', order: 'oldest_first' })
  expect(entries.map(({ resourceId }) => resourceId)).toEqual(['first', '1'])
})

test('a record of more than 256 KiB is left out, and the entry says so', async () => {
  const update = (text: string) =>
    updateTitle(
      played.services,
      { titleId, etag: undefined, patch: { extensions: { none: { text } } }, requestId: undefined },
      callOf(),
    )
  await update('x'.repeat(300_000))
  await update('')
  const [second, first] = await entriesOf(played.services, { resourceType: 'title', titleId })
  expect(first).toMatchObject({ before: { titleId }, after: undefined, isRecordOmitted: true })
  expect(second).toMatchObject({ before: undefined, after: { titleId }, isRecordOmitted: true })
})

test("a player's deletion leaves no id, reason or record of the player in entries", async () => {
  await played.record('zoe', 'plain', { kind: 'unlock' })
  const key = { titleId, playerId: 'zoe', achievementId: 'plain', reason: 'zoe asked', requestId: undefined }
  await resetProgress(played.services, key, callOf())
  await deletePlayer(played.services, { playerId: 'zoe', etag: undefined, requestId: undefined }, callOf())
  const rows = await onDatabase(played.services.databaseUrl, 'select * from audit_entries')
  expect(JSON.stringify(rows)).not.toContain('zoe')
  const [deletion, reset] = await entriesOf(played.services, { playerId: 'zoe' })
  expect(deletion).toMatchObject({ resourceType: 'player', resourceId: deletion?.playerId })
  expect(reset).toMatchObject({ resourceType: 'progress', resourceId: 'plain', reason: '' })
})

test('an import that fails after its first batch has the tally of the batches before', async () => {
  const abort = new AbortController()
  const entries = Array.from({ length: 1200 }, (_, index) => entryOf(CODED, { number: index + 1 }))
  async function* content() {
    yield new TextEncoder().encode(JSON.stringify(entries))
  }
  const parts = importAchievements(
    played.services,
    {
      dialect: CODED,
      titleId: 'cut',
      strategy: 'replace',
      dryRun: false,
      playerId: undefined,
      mapping: {},
      allowRebinding: false,
      locale: undefined,
      lossPolicy: 'report',
    },
    content(),
    { ...callOf(), signal: abort.signal },
  )
  await parts.next()
  abort.abort()
  await expect(parts.next()).rejects.toThrow()
  const imports = await entriesOf(played.services, { titleId: 'cut' })
  expect(imports).toMatchObject([{ resourceType: 'import', after: { titleId: 'cut', newCount: 500 } }])
})

test('a tally that cannot be written is reported, and does not fail the import', async () => {
  const failures: Error[] = []
  const services = { ...played.services, onAuditFailure: (error: Error) => void failures.push(error) }
  await played.pool.query('alter table audit_entries rename to missing')
  await completeImport(services, [1n], new ImportTally([]).summary)
  await played.pool.query('alter table missing rename to audit_entries')
  expect(failures).toMatchObject([{ reason: 'DATABASE_UNAVAILABLE' }])
})

test('refused credentials of any number of addresses write a hundred entries a minute', async () => {
  const refusal = new LaurelError('unauthenticated', 'UNAUTHENTICATED', 'unknown')
  const authenticate = auditRefusals(() => Promise.reject(refusal), played.services)
  for (let index = 0; index < 300; index += 1)
    await expect(authenticate('x', NEVER_ABORTED, () => `10.0.0.${index >> 1}`)).rejects.toBe(refusal)
  const countOf = async () => (await entriesOf(played.services, { resourceType: 'credential' })).length
  await expect.poll(countOf).toBe(100)
  await authenticate('x', NEVER_ABORTED, () => 'another').catch(() => {})
  expect(await countOf()).toBe(100)
})

test('entries from before a time are purged', async () => {
  await insertMany('old', 12_000)
  await purgeAuditEntries(played.services, 11_999n, NEVER_ABORTED)
  expect(await entriesOf(played.services, { titleId: 'old' })).toHaveLength(2)
})
