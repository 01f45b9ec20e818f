import type { Command } from 'commander'
import { readProcessClientConfig } from '../config.ts'
import { type LintFinding, LintSeverity } from '../gen/laurel/v1/exchange.ts'
import {
  ExchangeServiceClient,
  LintTitleRequest,
  type LintTitleResponse,
} from '../gen/laurel/v1/exchange_service.ts'
import { parseExactJson } from '../model/exact-json.ts'
import { formatJson } from '../service/json.ts'
import { dialectsOption } from './arguments.ts'
import { callUnary, connect, SERVER_HELP } from './client.ts'
import { explain, Failure } from './failure.ts'
import { untilInterrupted } from './interrupt.ts'
import { count, print, shortened, table } from './terminal.ts'

interface Options {
  readonly dialect?: readonly string[]
  readonly json?: true
}

const PAGE_SIZE = 1000
/** Longer values are cut in the table. */
const MAX_VALUE_LENGTH = 40

const HELP = `
The exit code is 1 if a store would refuse a definition, and 0 if there are warnings only.
`

const SEVERITIES: Readonly<Record<LintSeverity, string>> = {
  [LintSeverity.UNSPECIFIED]: '',
  [LintSeverity.WARNING]: 'warning',
  [LintSeverity.ERROR]: 'error',
}

export function addLint(program: Command): void {
  program
    .command('lint')
    .description('check a title’s achievements against the rules of the platforms’ stores')
    .argument('<title>', 'the title')
    .addOption(dialectsOption('--dialect <dialect...>', 'only the rules of these dialects'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP + SERVER_HELP)
    .action((title: string, options: Options) =>
      untilInterrupted(async (signal) => {
        const hasErrors = await run(title, options, signal)
        process.exitCode = hasErrors ? 1 : 0
      }),
    )
}

async function run(title: string, { dialect = [], json }: Options, signal: AbortSignal): Promise<boolean> {
  using client = await connect(ExchangeServiceClient, readProcessClientConfig())
  const findings: LintFinding[] = []
  let page: LintTitleResponse | undefined
  do {
    const request = LintTitleRequest.fromPartial({
      titleId: title,
      dialects: [...dialect],
      pageSize: PAGE_SIZE,
      pageToken: page?.nextPageToken ?? '',
    })
    page = await callUnary(client, client.lintTitle, request, signal).catch((error: unknown) => {
      throw signal.aborted ? error : new Failure(explain(error, { title_id: '<title>' }), error)
    })
    findings.push(...page.findings)
  } while (page.nextPageToken !== '')
  print(json ? [jsonOf(title, page, findings)] : linesOf(title, page, findings))
  return page.errorCount > 0
}

function jsonOf(title: string, page: LintTitleResponse, findings: readonly LintFinding[]): string {
  const { dialects, errorCount, warningCount } = page
  return formatJson({
    title,
    dialects,
    errorCount,
    warningCount,
    findings: findings.map(({ dialect, rule, severity, achievementId, path, valueJson, ...finding }) => ({
      dialect,
      rule,
      severity: SEVERITIES[severity],
      ...(achievementId === '' ? {} : { achievementId }),
      path,
      ...(valueJson === '' ? {} : { value: parseExactJson(valueJson) }),
      ...(finding.limit === '' ? {} : { limit: finding.limit }),
      requirement: finding.requirement,
      source: finding.source,
    })),
  })
}

/** One table of findings, and one of the rules that they break, with the documents that state them. */
function linesOf(
  title: string,
  { dialects, errorCount, warningCount }: LintTitleResponse,
  findings: readonly LintFinding[],
): readonly string[] {
  const counts = `${count(errorCount, 'error')}, ${count(warningCount, 'warning')}`
  const summary = `${counts} in title ${title} by the rules of ${dialects.join(', ') || 'no dialect'}`
  if (findings.length === 0) return [summary]
  const rows = findings.map(({ severity, dialect, rule, achievementId, path, valueJson }) => [
    SEVERITIES[severity],
    dialect,
    rule,
    achievementId,
    path,
    shortened(valueJson, MAX_VALUE_LENGTH),
  ])
  const rules = new Map(findings.map((finding) => [`${finding.dialect} ${finding.rule}`, finding]))
  const ruleRows = [...rules.values()].map(({ dialect, rule, requirement, source }) => [
    dialect,
    rule,
    requirement,
    source,
  ])
  return [
    ...table(['severity', 'dialect', 'rule', 'achievement', 'path', 'value'], rows),
    '',
    ...table(['dialect', 'rule', 'requirement', 'source'], ruleRows),
    '',
    summary,
  ]
}
