import type { Command } from 'commander'
import { readProcessConfig } from '../config.ts'
import { dialects } from '../registry.ts'
import { type DialectDescription, listDialects } from '../service/exchange/dialects.ts'
import { Spool } from '../service/exchange/spool.ts'
import { translate } from '../service/exchange/translate.ts'
import { dialectOption } from './arguments.ts'
import { openInput, writeDocument } from './document.ts'
import { untilInterrupted } from './interrupt.ts'
import { print, table } from './terminal.ts'

interface TranslateOptions {
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
    .option('--shape <shape>', 'the shape to write: the dialects command lists them')
    .option('--locale <tag>', 'the language of texts without a language tag, and the one to prefer')
    .option('--out <file>', 'write to a file instead of standard output')
    .option('--json', 'print summary and losses as one JSON object on standard error')
    .option('--reject-losses', 'stop at the first loss')
    .action((file: string, options: TranslateOptions) =>
      untilInterrupted((signal) => runTranslate(file, options, signal)),
    )
}

export function addDialects(program: Command): void {
  program
    .command('dialects')
    .description('list the dialects, their shapes and their capabilities')
    .option('--json', 'print one JSON array')
    .action(({ json }: { json?: true }) => {
      const descriptions = listDialects({ dialects })
      print(json ? [JSON.stringify(descriptions)] : dialectLines(descriptions))
    })
}

async function runTranslate(file: string, options: TranslateOptions, signal: AbortSignal): Promise<void> {
  const { from, to, shape, locale, rejectLosses, out, json } = options
  using input = await openInput(file, signal)
  const spool = new Spool(readProcessConfig().spool)
  const parts = translate(
    { dialects, spool },
    { from, to, shape, locale, lossPolicy: rejectLosses ? 'reject' : 'report' },
    input.chunks,
    { signal, principal: { kind: 'operator', name: 'laurel', permissions: [] } },
  )
  await writeDocument(parts, { out, json: json === true })
}

function dialectLines(descriptions: readonly DialectDescription[]): readonly string[] {
  const ids = descriptions.map(({ id }) => id)
  const shapes = descriptions.flatMap(({ id, displayName, shapes }) =>
    shapes.map(({ name, carries, description }) => [id, displayName, name, carries.join(', '), description]),
  )
  const features = Object.keys(
    descriptions[0]?.capabilities ?? {},
  ) as (keyof DialectDescription['capabilities'])[]
  const capabilities = features.map((feature) => [
    feature,
    ...descriptions.map(({ capabilities }) => capabilities[feature]),
  ])
  const parts = (['bridge', 'source', 'lint'] as const).map((part) => [
    part,
    ...descriptions.map((dialect) => (dialect[part] ? 'yes' : 'no')),
  ])
  return [
    ...table(['dialect', 'name', 'shape', 'carries', 'description'], shapes),
    '',
    ...table(['what survives', ...ids], capabilities),
    '',
    ...table(['optional part', ...ids], parts),
  ]
}
