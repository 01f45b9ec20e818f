import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { backup } from '../../../src/store/backup/backup.ts'
import { restore } from '../../../src/store/backup/restore.ts'
import { createTestDatabase } from '../../support/database.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { createPlayedTitle, reach, unlock } from '../../support/played-title.ts'

const OPTIONS = { laurelVersion: '0.1.0', signal: NEVER_ABORTED, onBytes: () => {} }
const WRITERS = 8

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-serving-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const INSERT_EVENT = `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
  values ($1, 'title', 'plain', 'progressed', 0, 'in_progress', 1, '', '', '') returning id`

test('a backup is one snapshot of all tables, while players report', async () => {
  await using title = await createPlayedTitle()
  let isDone = false
  const write = async (writer: number) => {
    for (let round = 0; !isDone; round += 1) {
      const playerId = `player-${writer}-${round}`
      await title.record(playerId, 'plain', unlock)
      await title.record(playerId, 'counted', reach(BigInt(1 + (round % 1000))))
    }
  }
  const writing = Array.from({ length: WRITERS }, (_, writer) => write(writer))
  const { databaseUrl } = title.services
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await sleep(100)
    await using target = await createTestDatabase()
    const file = join(folder, `snapshot-${attempt}`)
    const { header, totals } = await backup(databaseUrl, file, OPTIONS)
    await restore(target.url, file, OPTIONS)
    const [counts] = await onDatabase(
      target.url,
      `select count(*) filter (where state = 'achieved')::int as unlocks,
         (select count(*)::int from events where kind = 'unlocked') as events,
         (select sum(unlocked_count)::int from player_titles) as totals,
         (select count(*)::int from players p where not exists (select from player_titles t where t.player_id = p.id)) as bare
       from progress`,
    )
    const unlocks = counts?.['unlocks']
    expect(counts).toEqual({ unlocks, events: unlocks, totals: unlocks, bare: 0 })
    expect(totals.find(({ table }) => table === 'progress')?.rows).toBeGreaterThan(0)
    // Every event up to the position is in the backup.
    const upTo = (url: string) =>
      onDatabase(url, 'select count(*)::int as count from events where id <= $1', [header.eventPosition])
    expect(await upTo(target.url)).toEqual(await upTo(databaseUrl))
  }
  isDone = true
  await Promise.all(writing)
})

test('a backup waits for transactions that may commit an event at or below its position', async () => {
  await using source = await createTestDatabase()
  const [early, late] = [new pg.Client(source.url), new pg.Client(source.url)]
  await early.connect()
  await late.connect()
  await early.query('begin')
  const { rows: earlyRows } = await early.query(INSERT_EVENT, ['early'])
  await late.query(INSERT_EVENT, ['late'])
  const file = join(folder, 'waiting')
  const running = backup(source.url, file, OPTIONS)
  expect(await Promise.race([running, sleep(500, 'waits')])).toBe('waits')
  await early.query('commit')
  const { header } = await running
  await early.end()
  await late.end()
  expect(BigInt(header.eventPosition)).toBeGreaterThan(BigInt(earlyRows[0].id))
  await using target = await createTestDatabase()
  await restore(target.url, file, OPTIONS)
  const rows = await onDatabase(target.url, 'select player_id from events order by id')
  expect(rows).toEqual([{ player_id: 'early' }, { player_id: 'late' }])
})

test('a backup waits for a migration, and then has all rows of a table that it rewrote', async () => {
  await using source = await createTestDatabase()
  const migration = new pg.Client(source.url)
  await migration.connect()
  await migration.query(`insert into title_names values ('one')`)
  await migration.query(
    `begin; alter table title_names alter column name type text using name || ' rewritten'`,
  )
  const running = backup(source.url, join(folder, 'migrated'), OPTIONS)
  expect(await Promise.race([running, sleep(500, 'waits')])).toBe('waits')
  await migration.query('commit')
  await migration.end()
  const { totals } = await running
  expect(totals.find(({ table }) => table === 'title_names')).toMatchObject({ rows: 1, bytes: 14 })
})

test('settings of the operator that end or change statements do not reach a backup', async () => {
  await using source = await createTestDatabase()
  const name = new URL(source.url).pathname.slice(1)
  for (const setting of [
    'statement_timeout = 200',
    'idle_in_transaction_session_timeout = 200',
    'extra_float_digits = -15',
    "bytea_output = 'escape'",
  ])
    await onDatabase(source.url, `alter database ${name} set ${setting}`)
  // A cluster sends values as text too.
  const insert = `begin; set local statement_timeout = 0; set local extra_float_digits = 1;
    insert into titles (id, display_name, default_locale, extensions, create_time, update_time) values ('t', '', 'en', '{}', 0, 0);
    insert into stats (title_id, code, display_name, default_value, increment_only, set_by, create_time, update_time)
      values ('t', 's', '', 0.1::float8 + 0.2::float8, false, 'client', 0, 0);
    insert into images (hash, format, bytes, create_time) select 'h', 'png', decode(repeat('00ff5c', 2000000), 'hex'), 0; commit`
  await onDatabase(source.url, insert)
  const file = join(folder, 'settings')
  // A slow disk makes the statement of the images last longer than that.
  const slow = new Int32Array(new SharedArrayBuffer(4))
  await backup(source.url, file, { ...OPTIONS, onBytes: () => void Atomics.wait(slow, 0, 0, 10) })
  await using target = await createTestDatabase()
  await restore(target.url, file, OPTIONS)
  expect(
    await onDatabase(
      target.url,
      'select default_value = 0.1::float8 + 0.2::float8 as is_exact, (select length(bytes) from images) as length from stats',
    ),
  ).toEqual([{ is_exact: true, length: 6_000_000 }])
})
