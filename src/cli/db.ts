import type { Command } from 'commander'
import { DISTRIBUTE_IS_EXPERIMENTAL, distribute } from '../store/distribute.ts'
import { migrate, migrationState } from '../store/migrate.ts'
import { runningDatabase, stoppedDatabase } from './database.ts'
import { print, table } from './terminal.ts'

export function addDb(program: Command): void {
  const db = program
    .command('db')
    .description(
      'the database of DATABASE_URL, else the embedded one, which no server may be using, except for its status',
    )
  db.command('migrate')
    .description('migrate the tables to the newest schema, as a server does when it starts')
    .action(async () => {
      await withDatabase(migrate)
      print(['the database has the newest schema'])
    })
  db.command('status')
    .description('list the migrations of the tables, and those that the next start applies')
    .action(async () => {
      await using database = await runningDatabase()
      await printStatus(database.connectionString)
    })
  db.command('distribute')
    .description(`spread the tables over the nodes of a Citus cluster; ${DISTRIBUTE_IS_EXPERIMENTAL}`)
    .action(async () => {
      await withDatabase(distribute)
      print(['the tables are spread over the nodes of the cluster', DISTRIBUTE_IS_EXPERIMENTAL])
    })
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
