import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { distribute } from '../../../src/store/citus/distribute.ts'
import { PLACEMENTS } from '../../../src/store/citus/placements.ts'
import { migrate } from '../../../src/store/migrate.ts'
import { type ClusterDatabase, noCitus, openClusterDatabase } from '../../support/citus.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { runLaurel } from '../../support/laurel.ts'

const PLAYERS = 20_000

const FILL = [
  `insert into titles (id, display_name, default_locale, extensions, create_time, update_time)
    values ('race', 'Race', 'en', '{}', 0, 0)`,
  `insert into achievements (title_id, id, list_order, hidden, tags, stat_codes, score, definition, create_time, update_time)
    values ('race', 'goal', 1, false, '{}', '{}', 10, '{}', 0, 0)`,
  `insert into players (id, display_name, create_time, update_time)
    select 'player-' || n, '', 0, 0 from generate_series(1, ${PLAYERS}) n`,
  `insert into accounts (dialect, id, player_id) select 'xbox', 'x' || n, 'player-' || n from generate_series(1, ${PLAYERS}) n`,
  `insert into player_titles (player_id, title_id) select id, 'race' from players`,
  `insert into progress (player_id, title_id, achievement_id, state, values, reported_percent, percent, revoked, writer, extensions)
    select id, 'race', 'goal', 'in_progress', '{}', 1, 1, false, 'test', '{}' from players`,
  `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
    select id, 'race', 'goal', 'progressed', 0, 'in_progress', 1, '', '', '' from players`,
  `insert into community_progress (title_id, achievement_id, value, create_time, update_time) values ('race', 'goal', 1, 0, 0)`,
]

async function countAll(url: string): Promise<Readonly<Record<string, string>>> {
  const tables = Object.keys(PLACEMENTS).filter((table) => table !== 'account_keys')
  const counts = tables.map((table) => `select '${table}' as name, count(*) from ${table}`)
  const rows = await onDatabase<{ name: string; count: string }>(url, counts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]))
}

async function foreignKeys(url: string): Promise<readonly string[]> {
  const rows = await onDatabase<{ definition: string }>(
    url,
    `select conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) as definition from pg_constraint
    where contype = 'f' and conrelid::regclass::text = any($1::text[]) order by 1`,
    [Object.keys(PLACEMENTS)],
  )
  return rows.map(({ definition }) => definition)
}

describe.skipIf(noCitus !== undefined)(`on a Citus cluster (${noCitus ?? 'there is one'})`, () => {
  let database: ClusterDatabase
  beforeAll(async () => {
    database = await openClusterDatabase()
    await migrate(database.url)
  })
  afterAll(() => database[Symbol.asyncDispose]())

  test('distributes a full database with all rows and foreign keys, and leaves no row behind', async () => {
    for (const statement of FILL) await onDatabase(database.url, statement)
    const before = { counts: await countAll(database.url), keys: await foreignKeys(database.url) }
    const report = await distribute(database.url, { shardCount: 6 })
    expect(report).toMatchObject({ shardCount: 6 })
    expect(
      report.tables.filter(({ isNew, placement }) => !isNew && placement.kind !== 'coordinator'),
    ).toEqual([])
    expect({ counts: await countAll(database.url), keys: await foreignKeys(database.url) }).toEqual(before)
    expect(before.counts['players']).toBe(String(PLAYERS))
    expect(await onDatabase(database.url, 'select count(*) from account_keys')).toEqual([
      { count: String(PLAYERS) },
    ])
    const left = await onDatabase<{ name: string }>(
      database.url,
      `select logicalrelid::regclass::text as name from pg_dist_partition
      where (partmethod = 'h' or repmodel = 't') and pg_relation_size(logicalrelid) > 0`,
    )
    expect(left).toEqual([])
  })

  test('changes nothing when it is repeated', async () => {
    const before = await countAll(database.url)
    const report = await distribute(database.url, { shardCount: 12 })
    expect(report).toMatchObject({ shardCount: 6 })
    expect(report.tables.some(({ isNew }) => isNew)).toBe(false)
    expect(await countAll(database.url)).toEqual(before)
  })

  test('says on the command line where the rows of each table are', async () => {
    await using empty = await openClusterDatabase()
    const env = { DATABASE_URL: empty.url }
    expect(await runLaurel(['db', 'distribute'], { env })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^laurel: the database has no table titles, .*: run laurel db migrate first\n$/,
      ),
    })
    expect(await runLaurel(['db', 'migrate'], { env })).toMatchObject({ code: 0 })
    const { code, stdout, stderr } = await runLaurel(['db', 'distribute', '--shards', '4'], { env })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^titles +on each node +spread now$/m)
    expect(stdout).toMatch(/^progress +sharded by player_id +spread now$/m)
    expect(stdout).toMatch(/^community_progress +on the coordinator +unchanged$/m)
    expect(stdout).toMatch(/^the tables of players have 4 shards on \d+ nodes?$/m)
  })

  test('names the remedy when the cluster does not know its coordinator', async () => {
    await using alone = await openClusterDatabase()
    await migrate(alone.url)
    await onDatabase(
      alone.url,
      'select citus_remove_node(nodename, nodeport) from pg_dist_node where groupid = 0',
    )
    await expect(distribute(alone.url)).rejects.toThrow(
      /SELECT citus_set_coordinator_host\('HOST', PORT\) first/,
    )
  })
})
