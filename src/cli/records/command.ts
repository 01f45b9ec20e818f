import type { Command } from 'commander'
import { SERVER_HELP } from '../client.ts'
import { untilInterrupted } from '../interrupt.ts'
import { runExport } from './export.ts'
import { runImport } from './import.ts'

export function addRecords(program: Command): void {
  const records = program
    .command('records')
    .description('move all records, or those of titles, from one Laurel to another')
    .addHelpText('after', SERVER_HELP)

  records
    .command('export')
    .description('write definitions, players, progress, stats and history as JSON lines')
    .argument('[titles...]', 'the titles (default: all titles and players)')
    .requiredOption('--out <file>', 'the file to write; .gz and .zst are compressed, - is standard output')
    .action((titleIds: string[], { out }: { readonly out: string }) =>
      untilInterrupted((signal) => runExport(titleIds, out, signal)),
    )

  records
    .command('import')
    .description('read an export into a Laurel that does not have its titles; the same command again goes on')
    .argument('<file>', 'the export; .gz and .zst are decompressed, - is standard input')
    .action((file: string) => untilInterrupted((signal) => runImport(file, signal)))
}
