import type { Command } from 'commander'
import { readProcessConfig } from '../config.ts'
import { dialects } from '../registry.ts'
import { translate } from '../service/exchange/translate.ts'
import { dialectOption } from './arguments.ts'
import { deliver } from './deliver.ts'
import { openInput } from './document.ts'
import { untilInterrupted } from './interrupt.ts'

interface Options {
  readonly from: string
  readonly to: string
  readonly shape?: string
  readonly locale?: string
  readonly out?: string
  readonly json?: true
  readonly rejectLosses?: true
}

export function addTranslate(program: Command): void {
  program
    .command('translate')
    .description('translate a document from one dialect to another, without a server')
    .argument('<file>', 'the document, - for standard input')
    .addOption(dialectOption('--from <dialect>', 'the dialect of the document'))
    .addOption(dialectOption('--to <dialect>', 'the dialect to write'))
    .option('--shape <shape>', 'the form to write: one of those that dialects lists')
    .option('--locale <tag>', 'the language of texts that do not say theirs, and the one to prefer')
    .option('--out <file>', 'write to a file instead of standard output')
    .option('--json', 'summary and losses as one JSON object on standard error')
    .option('--reject-losses', 'stop at the first loss')
    .action((file: string, options: Options) => untilInterrupted((signal) => run(file, options, signal)))
}

async function run(file: string, options: Options, signal: AbortSignal): Promise<void> {
  using input = await openInput(file, signal)
  const { maxBackdateSeconds, maxDocumentBytes } = readProcessConfig()
  const parts = translate(
    { dialects, settings: { maxBackdateSeconds, maxDocumentBytes } },
    {
      from: options.from,
      to: options.to,
      shape: options.shape,
      locale: options.locale,
      lossPolicy: options.rejectLosses ? 'reject' : 'report',
    },
    input.chunks,
    { signal },
  )
  await deliver(parts, { out: options.out, json: options.json === true })
}
