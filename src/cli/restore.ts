import type { Command } from 'commander'
import { rowCountOf } from '../store/backup/format.ts'
import { restore } from '../store/backup/restore.ts'
import { stoppedDatabase } from './database.ts'
import { untilInterrupted } from './interrupt.ts'
import { startByteMeter } from './meter.ts'
import { count, print } from './terminal.ts'

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description(
      'load a backup into the database of DATABASE_URL, else into the embedded one: it must be empty, and no server may use it',
    )
    .argument('<file>', 'a file that laurel backup wrote')
    .action((file: string) => untilInterrupted((signal) => run(file, signal)))
}

async function run(file: string, signal: AbortSignal): Promise<void> {
  await using database = await stoppedDatabase()
  using meter = startByteMeter('loaded')
  const summary = await restore(database.connectionString, file, { signal, onBytes: meter.add })
  print([
    `restored ${count(rowCountOf(summary), 'row')} as of ${summary.header.createTime}; later changes are lost`,
    'Players who were deleted after that time are back: delete them again before callers reach the servers.',
  ])
}
