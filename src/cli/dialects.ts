import type { Command } from 'commander'
import { dialects } from '../registry.ts'
import { type DialectDescription, listDialects } from '../service/exchange/list-dialects.ts'
import { print, table } from './report.ts'

export function addDialects(program: Command): void {
  program
    .command('dialects')
    .description('list the dialects, their shapes, and what each can say')
    .option('--json', 'as one JSON array')
    .action(({ json }: { json?: true }) => {
      const described = listDialects({ dialects })
      print(json ? [JSON.stringify(described)] : linesOf(described))
    })
}

function linesOf(described: readonly DialectDescription[]): readonly string[] {
  const shapes = described.flatMap(({ id, displayName, shapes }) =>
    shapes.map(({ name, carries, description }) => [id, displayName, name, carries.join(', '), description]),
  )
  const features = Object.keys(
    described[0]?.capabilities ?? {},
  ) as (keyof DialectDescription['capabilities'])[]
  const rows = features.map((feature) => [
    feature,
    ...described.map(({ capabilities }) => capabilities[feature]),
  ])
  const names = ['bridge', 'source'] as const
  const beyond = names.map((name) => [name, ...described.map((dialect) => (dialect[name] ? 'yes' : 'no'))])
  return [
    ...table(['dialect', 'name', 'shape', 'carries', 'description'], shapes),
    '',
    ...table(['what survives', ...described.map(({ id }) => id)], rows),
    '',
    ...table(['what else it has', ...described.map(({ id }) => id)], beyond),
  ]
}
