import { type Command, InvalidArgumentError } from 'commander'
import { type DistributeReport, distribute, MAX_SHARDS, SHARDS_PER_NODE } from '../store/citus/distribute.ts'
import type { Placement } from '../store/citus/placements.ts'
import { migrate, migrationState } from '../store/migrate.ts'
import { runningDatabase, stoppedDatabase } from './database.ts'
import { count, print, table } from './terminal.ts'

export function addDb(program: Command): void {
  const db = program
    .command('db')
    .description(
      'the database of DATABASE_URL, else the embedded one, which no server may be using, except for its status',
    )
  db.command('migrate')
    .description('migrate the tables to the newest schema, as a server does when it starts')
    .action(async () => {
      await withDatabase((connectionString) => migrate(connectionString, (estimate) => print([estimate])))
      print(['the database has the newest schema'])
    })
  db.command('status')
    .description('list the migrations of the tables, and those that the next start applies')
    .action(async () => {
      await using database = await runningDatabase()
      await printStatus(database.connectionString)
    })
  db.command('distribute')
    .description(
      'spread the tables of players over the nodes of a Citus cluster, whose coordinator is DATABASE_URL, and copy those of ' +
        'definitions to each node; stop the servers first. Tables that are spread stay as they are',
    )
    .option(
      '--shards <number>',
      `the shards of the tables of players, and so the most nodes that can share them (default: ${SHARDS_PER_NODE} per node)`,
      shardCountOf,
    )
    .action(async ({ shards: shardCount }: { readonly shards?: number }) => {
      await using database = await stoppedDatabase()
      printReport(await distribute(database.connectionString, { shardCount }))
    })
}

function shardCountOf(text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1 || number > MAX_SHARDS)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_SHARDS}.`)
  return number
}

function printReport({ nodes, shardCount, tables }: DistributeReport): void {
  const rows = tables.map(({ table, placement, isNew }) => [
    table,
    describePlacement(placement),
    placement.kind === 'coordinator' ? 'unchanged' : isNew ? 'spread now' : 'spread before',
  ])
  print(table(['table', 'rows are', 'state'], rows))
  print([`the tables of players have ${count(shardCount, 'shard')} on ${count(nodes, 'node')}`])
}

function describePlacement(placement: Placement): string {
  if (placement.kind === 'reference') return 'on each node'
  return placement.kind === 'coordinator' ? 'on the coordinator' : `sharded by ${placement.column}`
}

async function printStatus(connectionString: string): Promise<void> {
  const { applied, pending, unknown } = await migrationState(connectionString)
  const rows = [
    ...applied.filter((name) => !unknown.includes(name)).map((name) => [name, 'applied']),
    ...pending.map((name) => [name, 'pending: the next start applies it']),
    ...unknown.map((name) => [name, 'of a newer version: this one does not start on the database']),
  ]
  print(table(['migration', 'state'], rows))
}

async function withDatabase(work: (connectionString: string) => Promise<void>): Promise<void> {
  await using database = await stoppedDatabase()
  await work(database.connectionString)
}
