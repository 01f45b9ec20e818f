import { type Command, Option } from 'commander'
import { readProcessClientConfig } from '../config.ts'
import {
  type EntryOutcome,
  ImportStrategy,
  type ImportSummary,
  type Loss,
  LossPolicy,
} from '../gen/laurel/v1/exchange.ts'
import {
  ExchangeServiceClient,
  ImportAchievementsRequest,
  ImportProgressRequest,
} from '../gen/laurel/v1/exchange_service.ts'
import { formatJson } from '../model/exact-json.ts'
import { dialectArgument, SERVER_HELP } from './arguments.ts'
import { connect, converse } from './client.ts'
import { openInput } from './document.ts'
import { Failure } from './failure.ts'
import { ImportReport } from './import-report.ts'
import { untilInterrupted } from './interrupt.ts'
import { LossTally, lossOf } from './losses.ts'
import { readMapping } from './mapping.ts'
import { startMeter } from './meter.ts'
import { print } from './report.ts'

interface Options {
  readonly title?: string
  readonly player?: string
  readonly strategy: 'replace' | 'leave-out'
  readonly dryRun?: true
  readonly json?: true
  readonly locale?: string
  readonly map?: string
  readonly rejectLosses?: true
  readonly allowRebinding?: true
  readonly progressOnly?: true
}

interface ImportMessage {
  readonly outcomes: readonly EntryOutcome[]
  readonly losses: readonly Loss[]
  readonly summary?: ImportSummary | undefined
}

const STRATEGIES = { replace: ImportStrategy.REPLACE, 'leave-out': ImportStrategy.LEAVE_OUT }

export function addImport(program: Command): void {
  program
    .command('import')
    .description('bring a platform’s document in: definitions, and what players have of them')
    .addArgument(dialectArgument())
    .argument('<file>', 'the document, - for standard input')
    .option('--title <id>', 'the title to import into; by default the one that the document names')
    .option('--player <id>', 'whose progress the document holds')
    .addOption(
      new Option('--strategy <strategy>', 'what to do with achievements that are there already')
        .choices(Object.keys(STRATEGIES))
        .default('replace'),
    )
    .option('--dry-run', 'say what would happen, and keep nothing')
    .option('--locale <tag>', 'the language of texts that do not say theirs')
    .option('--map <file>', 'a JSON object of our achievement ids by the document’s')
    .option('--reject-losses', 'import nothing if anything would be lost')
    .option('--allow-rebinding', 'import even if the document’s ids belong to another title')
    .addOption(
      new Option('--progress-only', 'import progress; the definitions must be there').conflicts([
        'strategy',
        'allowRebinding',
      ]),
    )
    .option('--json', 'summary, outcomes and losses as one JSON object')
    .addHelpText('after', SERVER_HELP)
    .action(async (dialect: string, file: string, options: Options) => {
      const complete = await untilInterrupted((signal) => run(dialect, file, options, signal))
      process.exitCode = complete ? 0 : 1
    })
}

/** Whether every entry came in. */
async function run(dialect: string, file: string, options: Options, signal: AbortSignal): Promise<boolean> {
  const mapping = options.map === undefined ? new Map<string, string>() : await readMapping(options.map)
  using input = await openInput(file, signal)
  using client = await connect(ExchangeServiceClient, readProcessClientConfig())
  const [report, tally] = [new ImportReport(options.json === true), new LossTally(options.json === true)]
  const summary = await (async () => {
    using meter = startMeter(input.size)
    const chunks = metered(input.chunks, meter.sent)
    let entries = 0
    let last: ImportSummary | undefined
    for await (const response of send(client, dialect, options, mapping, chunks, signal)) {
      report.add(response.outcomes)
      tally.add(response.losses.map(lossOf))
      entries += response.outcomes.length
      meter.entries(entries)
      last = response.summary
    }
    return last
  })()
  if (summary === undefined) throw new Failure(['the answer was cut short: import again, what is in stays'])
  if (options.json)
    print([formatJson({ summary: { ...summary }, outcomes: report.json(), losses: tally.json() })])
  else {
    print(report.lines(summary, options.dryRun === true))
    print(tally.lines(), process.stderr)
  }
  return summary.failedCount === 0
}

function send(
  client: ExchangeServiceClient,
  dialect: string,
  options: Options,
  mapping: ReadonlyMap<string, string>,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<ImportMessage> {
  const shared = {
    dialect,
    titleId: options.title ?? '',
    playerId: options.player ?? '',
    dryRun: options.dryRun === true,
    locale: options.locale ?? '',
    lossPolicy: options.rejectLosses ? LossPolicy.REJECT : LossPolicy.REPORT,
  }
  if (options.progressOnly) {
    const first = { ...ImportProgressRequest.fromPartial(shared), mapping: new Map(mapping) }
    const requests = requestsOf(first, ImportProgressRequest.fromPartial({}), chunks)
    return converse(() => client.importProgress(), requests, signal)
  }
  const first = {
    ...ImportAchievementsRequest.fromPartial(shared),
    mapping: new Map(mapping),
    strategy: STRATEGIES[options.strategy],
    allowRebinding: options.allowRebinding === true,
  }
  const requests = requestsOf(first, ImportAchievementsRequest.fromPartial({}), chunks)
  return converse(() => client.importAchievements(), requests, signal)
}

/** The options, and then the document piece by piece. */
async function* requestsOf<Request>(first: Request, rest: Request, chunks: AsyncIterable<Uint8Array>) {
  yield first
  for await (const content of chunks) yield { ...rest, content }
}

async function* metered(chunks: AsyncIterable<Uint8Array>, sent: (bytes: number) => void) {
  for await (const chunk of chunks) {
    yield chunk
    sent(chunk.length)
  }
}
