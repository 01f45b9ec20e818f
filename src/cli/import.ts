import { type Command, Option } from 'commander'
import { readProcessClientConfig } from '../config.ts'
import { ImportStrategy, LossPolicy } from '../gen/laurel/v1/exchange.ts'
import { ExchangeServiceClient } from '../gen/laurel/v1/exchange_service.ts'
import { PlanServiceClient } from '../gen/laurel/v1/plan_service.ts'
import { formatJson } from '../model/exact-json.ts'
import { dialectArgument, readMapping } from './arguments.ts'
import { connect, SERVER_HELP } from './client.ts'
import { openInput } from './document.ts'
import { Failure } from './failure.ts'
import { callImport, callPlanImport, type ImportMessage, type ImportRequest } from './import-call.ts'
import { ImportReport } from './import-report.ts'
import { untilInterrupted } from './interrupt.ts'
import { LossTally, lossOf } from './losses.ts'
import { startImportMeter } from './meter.ts'
import { print } from './terminal.ts'

interface Options {
  readonly title?: string
  readonly player?: string
  readonly strategy: 'replace' | 'leave-out'
  readonly dryRun?: true
  readonly plan?: true
  readonly json?: true
  readonly locale?: string
  readonly map?: string
  readonly rejectLosses?: true
  readonly allowRebinding?: true
  readonly progressOnly?: true
  readonly applyRevocations?: true
}

const STRATEGIES = { replace: ImportStrategy.REPLACE, 'leave-out': ImportStrategy.LEAVE_OUT }

export function addImport(program: Command): void {
  program
    .command('import')
    .description('import a platform’s document: definitions, and the progress of players')
    .addArgument(dialectArgument())
    .argument('<file>', 'the document, - for standard input')
    .option('--title <id>', 'the title to import into (default: the title of the document’s ids)')
    .option('--player <id>', 'the player whose progress the document holds')
    .addOption(
      new Option('--strategy <strategy>', 'what to do with achievements that exist already')
        .choices(Object.keys(STRATEGIES))
        .default('replace'),
    )
    .addOption(new Option('--dry-run', 'report the result, and store nothing').conflicts('plan'))
    .addOption(
      new Option(
        '--plan',
        'store the changes of definitions as a plan, to be applied by laurel plans',
      ).conflicts(['player', 'applyRevocations', 'progressOnly']),
    )
    .option('--apply-revocations', 'revoke the unlocks that the document states as revoked')
    .option('--locale <tag>', 'the language of texts without a language tag')
    .option('--map <file>', 'a JSON file: an object of Laurel’s achievement ids by the document’s')
    .option('--reject-losses', 'import nothing if there is a loss')
    .option('--allow-rebinding', 'import even if the document’s ids belong to another title')
    .addOption(
      new Option('--progress-only', 'import progress only; the achievements must exist').conflicts([
        'strategy',
        'allowRebinding',
      ]),
    )
    .option('--json', 'print summary, outcomes and losses as one JSON object')
    .addHelpText('after', SERVER_HELP)
    .action(async (dialect: string, file: string, options: Options) => {
      const complete = await untilInterrupted((signal) => run(dialect, file, options, signal))
      process.exitCode = complete ? 0 : 1
    })
}

/** Returns whether every entry was imported. */
async function run(dialect: string, file: string, options: Options, signal: AbortSignal): Promise<boolean> {
  const mapping = options.map === undefined ? new Map<string, string>() : await readMapping(options.map)
  using input = await openInput(file, signal)
  const type = options.plan ? PlanServiceClient : ExchangeServiceClient
  using client = await connect<PlanServiceClient | ExchangeServiceClient>(type, readProcessClientConfig())
  const [report, tally] = [new ImportReport(options.json === true), new LossTally(options.json === true)]
  const { summary, plan } = await (async () => {
    using meter = startImportMeter(input.size)
    const chunks = metered(input.chunks, meter.sent)
    let entries = 0
    const request = requestOf(dialect, options, mapping)
    const responses =
      'planImport' in client
        ? callPlanImport(client, request, chunks, signal)
        : callImport(client, request, chunks, signal)
    let last: ImportMessage | undefined
    for await (const response of responses) {
      report.add(response.outcomes)
      tally.add(response.losses.map(lossOf))
      entries += response.outcomes.length
      meter.entries(entries)
      last = response
    }
    return { summary: last?.summary, plan: last?.plan }
  })()
  if (summary === undefined)
    throw new Failure(['the response was cut short: import again, entries that are imported stay'])
  if (options.json)
    print([
      formatJson({
        summary: { ...summary },
        outcomes: report.json(),
        losses: tally.json(),
        ...(plan === undefined ? {} : { planId: plan.planId }),
      }),
    ])
  else {
    print(report.lines(summary, options.dryRun === true || plan !== undefined))
    if (plan !== undefined) print([`to apply it: laurel plans apply ${plan.titleId} ${plan.planId}`])
    print(tally.lines(), process.stderr)
  }
  return summary.failedCount === 0
}

function requestOf(dialect: string, options: Options, mapping: ReadonlyMap<string, string>): ImportRequest {
  const { title = '', player = '', locale = '', strategy, progressOnly, rejectLosses } = options
  return {
    dialect,
    titleId: title,
    playerId: player,
    dryRun: options.dryRun === true,
    applyRevocations: options.applyRevocations === true,
    locale,
    lossPolicy: rejectLosses ? LossPolicy.REJECT : LossPolicy.REPORT,
    mapping,
    definitions: progressOnly
      ? undefined
      : { strategy: STRATEGIES[strategy], allowRebinding: options.allowRebinding === true },
  }
}

async function* metered(chunks: AsyncIterable<Uint8Array>, sent: (bytes: number) => void) {
  for await (const chunk of chunks) {
    yield chunk
    sent(chunk.length)
  }
}
