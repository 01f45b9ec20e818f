import type { Command } from 'commander'
import manifest from '../../package.json' with { type: 'json' }
import { backup } from '../store/backup/backup.ts'
import { type BackupSummary, rowCountOf } from '../store/backup/format.ts'
import { readBackup } from '../store/backup/read-backup.ts'
import { runningDatabase } from './database.ts'
import { untilInterrupted } from './interrupt.ts'
import { startByteMeter } from './meter.ts'
import { count, print } from './terminal.ts'

export function addBackup(program: Command): void {
  program
    .command('backup')
    .description(
      'write all data of the database of DATABASE_URL, else of the embedded one, to a file, while servers use it',
    )
    .argument('<file>', 'the file to write, or with --verify to check')
    .option('--verify', 'only read the file, which is a backup, and check that it is complete and unchanged')
    .action((file: string, { verify }: { readonly verify?: true }) =>
      untilInterrupted((signal) => (verify ? runVerify(file, signal) : runBackup(file, signal))),
    )
}

async function runBackup(file: string, signal: AbortSignal): Promise<void> {
  await using database = await runningDatabase()
  using meter = startByteMeter('read')
  const options = { laurelVersion: manifest.version, signal, onBytes: meter.add }
  const summary = await backup(database.connectionString, file, options)
  print([`${file} has ${describe(summary)}, and was verified`])
}

async function runVerify(file: string, signal: AbortSignal): Promise<void> {
  print([`${file} is complete and unchanged: ${describe(await readBackup(file, {}, signal))}`])
}

function describe(summary: BackupSummary): string {
  const { createTime, laurelVersion, tables } = summary.header
  return `${count(rowCountOf(summary), 'row')} of ${count(tables.length, 'table')} as of ${createTime}, of Laurel ${laurelVersion}`
}
