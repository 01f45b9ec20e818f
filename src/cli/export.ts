import { type Command, Option } from 'commander'
import { readProcessClientConfig } from '../config.ts'
import { type DocumentSummary, type Loss, LossPolicy } from '../gen/laurel/v1/exchange.ts'
import {
  ExchangeServiceClient,
  ExportAchievementsRequest,
  ExportProgressRequest,
} from '../gen/laurel/v1/exchange_service.ts'
import { dialectArgument } from './arguments.ts'
import { connect, responsesOf, SERVER_HELP } from './client.ts'
import { type DocumentPart, writeDocument } from './document.ts'
import { untilInterrupted } from './interrupt.ts'
import { lossOf } from './losses.ts'

interface Options {
  readonly title: string
  readonly player?: string
  readonly progress?: true
  readonly shape?: string
  readonly locale?: string
  readonly out?: string
  readonly achievement?: string[]
  readonly rejectLosses?: true
  readonly json?: true
}

interface Message {
  readonly content: Uint8Array
  readonly losses: readonly Loss[]
  readonly summary?: DocumentSummary | undefined
}

export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a title’s achievements, or the progress of players, as a document')
    .addArgument(dialectArgument())
    .requiredOption('--title <id>', 'the title')
    .option('--player <id>', 'export this player’s progress')
    .addOption(new Option('--progress', 'export the progress of all players').conflicts('player'))
    .option('--shape <shape>', 'the shape to write: the dialects command lists them')
    .option('--locale <tag>', 'the language to prefer where the dialect carries only one')
    .option('--achievement <id...>', 'only these achievements')
    .option('--out <file>', 'write to a file instead of standard output')
    .option('--json', 'print summary and losses as one JSON object on standard error')
    .option('--reject-losses', 'stop at the first loss')
    .addHelpText('after', SERVER_HELP)
    .action((dialect: string, options: Options) => {
      if (options.achievement !== undefined && isProgress(options)) {
        command.error(
          'error: --achievement selects definitions, and cannot be used with --player or --progress',
        )
      }
      return untilInterrupted((signal) => run(dialect, options, signal))
    })
}

async function run(dialect: string, options: Options, signal: AbortSignal): Promise<void> {
  using client = await connect(ExchangeServiceClient, readProcessClientConfig())
  const begin = () =>
    isProgress(options)
      ? client.exportProgress(progressRequest(dialect, options))
      : client.exportAchievements(definitionsRequest(dialect, options))
  await writeDocument(partsOf(responsesOf<Message>(begin, signal)), {
    out: options.out,
    json: options.json === true,
  })
}

function isProgress({ player, progress }: Options): boolean {
  return player !== undefined || progress === true
}

function definitionsRequest(dialect: string, options: Options): ExportAchievementsRequest {
  return ExportAchievementsRequest.fromPartial({
    ...sharedFields(dialect, options),
    achievementIds: options.achievement ?? [],
  })
}

function progressRequest(dialect: string, options: Options): ExportProgressRequest {
  return ExportProgressRequest.fromPartial({
    ...sharedFields(dialect, options),
    playerId: options.player ?? '',
  })
}

function sharedFields(dialect: string, { title, shape, locale, rejectLosses }: Options) {
  return {
    dialect,
    titleId: title,
    shape: shape ?? '',
    locale: locale ?? '',
    lossPolicy: rejectLosses ? LossPolicy.REJECT : LossPolicy.REPORT,
  }
}

async function* partsOf(messages: AsyncIterable<Message>): AsyncGenerator<DocumentPart> {
  for await (const { content, losses, summary } of messages) {
    yield { content, losses: losses.map(lossOf), ...(summary === undefined ? {} : { summary }) }
  }
}
