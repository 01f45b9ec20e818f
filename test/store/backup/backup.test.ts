import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { backup } from '../../../src/store/backup/backup.ts'
import type { BackupHeader } from '../../../src/store/backup/format.ts'
import { readBackup } from '../../../src/store/backup/read-backup.ts'
import { restore } from '../../../src/store/backup/restore.ts'
import { BACKED_UP_TABLES, TABLES } from '../../../src/store/backup/tables.ts'
import { writeBackup } from '../../../src/store/backup/write-backup.ts'
import { distribute } from '../../../src/store/citus/distribute.ts'
import { migrate } from '../../../src/store/migrate.ts'
import { migrations } from '../../../src/store/migrations/index.ts'
import { noCitus, openClusterDatabase } from '../../support/citus.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { migrateTo } from '../../support/earlier-schema.ts'
import { contentsOf, fillEveryTable } from '../../support/every-table.ts'
import { noSystemPostgres, startSystemPostgres } from '../../support/system-postgres.ts'

const OPTIONS = { laurelVersion: '0.1.0', signal: NEVER_ABORTED, onBytes: () => {} }
/** Their etags are renewed by a restore. */
const WITH_ETAGS = ['titles', 'achievements', 'stats', 'players', 'destinations']
const LATEST = Object.keys(migrations).at(-1) ?? ''

let folder: string
let filled: TestDatabase
/** Of the filled database. */
let file: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-backup-'))
  filled = await createTestDatabase()
  await fillEveryTable(filled.url, TABLES)
  file = join(folder, 'filled')
  await backup(filled.url, file, OPTIONS)
})
afterAll(async () => {
  await filled[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Creates a database whose tables are not distributed, on a cluster too. */
const createPlainDatabase = () => (noCitus === undefined ? openClusterDatabase() : createTestDatabase())

/** Restores a backup; on a cluster, it is distributed then. */
async function restoreTo(url: string, path: string): Promise<void> {
  await restore(url, path, OPTIONS)
  if (noCitus === undefined) await distribute(url)
}

test('a restored database has every value of every table, and one more row about the restore', async () => {
  await using target = await createTestDatabase()
  await restoreTo(target.url, file)
  for (const table of WITH_ETAGS)
    for (const { url } of [filled, target]) await onDatabase(url, `update ${table} set revision = 0`)
  const { restores: restoresBefore, ...before } = await contentsOf(filled.url)
  const { restores, ...after } = await contentsOf(target.url)
  // Of the accounts of a cluster.
  const keys = noCitus === undefined ? before['account_keys'] : '0 '
  expect(after).toEqual({ ...before, account_keys: keys })
  expect(Object.keys(after).length).toBe(TABLES.length - 1)
  expect([restoresBefore, restores].map((contents) => contents?.split(' ')[0])).toEqual(['2', '3'])
})

test('a restored database has the same columns, constraints and indexes', async () => {
  const schemaOf = (url: string) =>
    onDatabase(
      url,
      `select indexdef as definition from pg_indexes where schemaname = 'public'
       union all select conrelid::regclass || ' ' || pg_get_constraintdef(oid) from pg_constraint where contype <> 'n'
       union all select table_name || ' ' || to_jsonb(c) from information_schema.columns c where table_schema = 'public'
       order by 1`,
    )
  const withoutName = (rows: object[], url: string) =>
    rows.map((row) =>
      JSON.stringify(row)
        .replaceAll(new URL(url).pathname.slice(1), 'database')
        .replaceAll(/_10\d{4}\b/g, '_SHARD'),
    )
  await using target = await createTestDatabase()
  await restoreTo(target.url, file)
  expect(withoutName(await schemaOf(target.url), target.url)).toEqual(
    withoutName(await schemaOf(filled.url), filled.url),
  )
})

test('every table and sequence of every schema is known to backups', async () => {
  await using database = await createPlainDatabase()
  const listed: readonly string[] = [...BACKED_UP_TABLES, 'kysely_migration', 'kysely_migration_lock']
  for (const name of Object.keys(migrations)) {
    await migrateTo(database.url, name)
    const tables = await onDatabase<{ name: string; kind: string }>(
      database.url,
      `select relname as name, relkind as kind from pg_class
       where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S', 'v', 'm')
         and not starts_with(relname, 'citus_')`,
    )
    expect(tables.filter(({ name: table }) => !listed.includes(table))).toEqual([
      { name: 'events_id_seq', kind: 'S' },
    ])
  }
})

test('a backup of an earlier schema is migrated to the newest one', async () => {
  const data = await readFile(new URL('../testdata/schema-0014.sql', import.meta.url), 'utf8')
  await using source = await createPlainDatabase()
  await migrateTo(source.url, '0014-destination-waits')
  await onDatabase(source.url, data)
  const old = join(folder, 'old')
  const { header } = await backup(source.url, old, OPTIONS)
  expect(header.migrations.at(-1)).toBe('0014-destination-waits')
  await using target = await createTestDatabase()
  await restore(target.url, old, OPTIONS)
  await migrate(source.url)
  for (const table of WITH_ETAGS)
    for (const { url } of [source, target]) await onDatabase(url, `update ${table} set revision = 0`)
  const changed = { restores: '', unlock_position: '', achievement_revisions: '' }
  expect({ ...(await contentsOf(target.url)), ...changed }).toEqual({
    ...(await contentsOf(source.url)),
    ...changed,
  })
  await expect(migrate(target.url)).resolves.toBeUndefined()
})

test.skipIf(noSystemPostgres !== undefined || process.env['TEST_SYSTEM_POSTGRES'] !== undefined)(
  'a backup of one major version of Postgres, or of a cluster, is restored into another one, and back',
  async () => {
    await using other = await startSystemPostgres()
    const { header } = await readBackup(file)
    await restore(other.url, file, OPTIONS)
    const otherFile = join(folder, 'other-version')
    const { header: otherHeader } = await backup(other.url, otherFile, OPTIONS)
    if (noCitus !== undefined) expect(majorOf(otherHeader)).not.toBe(majorOf(header))
    await using target = await createTestDatabase()
    await restoreTo(target.url, otherFile)
    const changed = {
      ...Object.fromEntries(WITH_ETAGS.map((table) => [table, ''])),
      restores: '',
      account_keys: '',
    }
    expect({ ...(await contentsOf(target.url)), ...changed }).toEqual({
      ...(await contentsOf(filled.url)),
      ...changed,
    })
  },
)

test('a restore needs no tables, and keeps tables that are not of Laurel', async () => {
  await using target = await createPlainDatabase()
  await migrateTo(target.url, undefined)
  await onDatabase(target.url, 'create table other as select 7 as n')
  await restore(target.url, file, OPTIONS)
  expect(await onDatabase(target.url, 'select n from other')).toEqual([{ n: 7 }])
})

test('a database with data is refused, and stays as it was', async () => {
  await using target = await createTestDatabase()
  await onDatabase(target.url, `insert into title_names values ('one')`)
  const before = await contentsOf(target.url)
  await expect(restore(target.url, file, OPTIONS)).rejects.toThrow(
    'the database is not empty (title_names has rows): restore into an empty one',
  )
  expect(await contentsOf(target.url)).toEqual(before)
})

test('a database that others use is refused', async () => {
  await using target = await createTestDatabase()
  const other = new pg.Client({ connectionString: target.url })
  await other.connect()
  await expect(restore(target.url, file, OPTIONS)).rejects.toThrow(
    'other connections (1) use the database: stop all servers',
  )
  await other.end()
})

test('a newer schema is refused by backups and restores, with its version', async () => {
  await using source = await createTestDatabase()
  const header = await headerOf(file)
  const newer = { ...header, laurelVersion: '9.1.0', migrations: [...header.migrations, '9999-later'] }
  const written = join(folder, 'newer')
  await writeBackup(written, { header: newer, rows: none }, NEVER_ABORTED)
  await expect(restore(source.url, written, OPTIONS)).rejects.toThrow(
    'the backup was made by a newer version of Laurel (9.1.0), with migrations that this one does not have (9999-later)',
  )
  await onDatabase(source.url, `insert into kysely_migration values ('9999-later', '')`)
  await expect(backup(source.url, join(folder, 'refused'), OPTIONS)).rejects.toThrow(
    'migrations that this version does not know (9999-later): back it up with the version that its servers run',
  )
})

test('a database without tables of Laurel is refused', async () => {
  await using database = await createPlainDatabase()
  await migrateTo(database.url, undefined)
  await expect(backup(database.url, join(folder, 'empty'), OPTIONS)).rejects.toThrow(
    'the database has no tables of Laurel: check DATABASE_URL and LAUREL_DATA_DIR',
  )
})

test('rows that the database refuses roll the restore back, while the next ones are sent', async () => {
  await using target = await createTestDatabase()
  const before = await contentsOf(target.url)
  const header = await headerOf(file)
  const twice = 'one\none\n'
  const large = `${'v'.repeat(1000)}\n`.repeat(1000)
  const tables = header.tables.filter(({ name }) => name === 'title_names')
  for (const parts of [[twice], [twice, large], [large.slice(0, 100_100), twice, ...Array(8).fill(large)]]) {
    const refused = join(folder, `refused-${parts.length}`)
    const rows = () => Readable.from(parts.map((part) => Buffer.from(part)))
    await writeBackup(refused, { header: { ...header, tables }, rows }, NEVER_ABORTED)
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(restore(target.url, refused, OPTIONS)).rejects.toThrow('duplicate key value')
  }
  expect(await contentsOf(target.url)).toEqual(before)
  await restore(target.url, file, OPTIONS)
})

test('a file is new, is readable by its owner alone, and is never left half-written', async () => {
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await expect(backup(filled.url, file, OPTIONS)).rejects.toThrow(
    'exists: name another file, or remove it first',
  )
  const interrupted = join(folder, 'interrupted')
  const stop = new AbortController()
  const options = { ...OPTIONS, signal: stop.signal, onBytes: () => stop.abort() }
  await expect(backup(filled.url, interrupted, options)).rejects.toThrow('aborted')
  expect((await readdir(folder)).filter((name) => name.startsWith('interrupted'))).toEqual([])
})

test('an interrupted restore changes nothing', async () => {
  await using target = await createTestDatabase()
  const before = await contentsOf(target.url)
  const stop = new AbortController()
  const options = { signal: stop.signal, onBytes: () => stop.abort() }
  await expect(restore(target.url, file, options)).rejects.toThrow('aborted')
  expect(await contentsOf(target.url)).toEqual(before)
})

async function headerOf(path: string): Promise<BackupHeader> {
  const { header } = await readBackup(path)
  expect(header.migrations.at(-1)).toBe(LATEST)
  return header
}

async function* none(): AsyncGenerator<Buffer> {}

function majorOf({ postgresVersion }: BackupHeader): string | undefined {
  return postgresVersion.split('.')[0]
}
