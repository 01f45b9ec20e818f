import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import type { Adapter, Support } from '../../src/dialect/adapter.ts'
import { FEATURES, observedTransfer } from './observed.ts'

const README = new URL('../../adapters/README.md', import.meta.url)
const BETWEEN_MARKERS = /(?<=<!-- matrix -->\n)[\s\S]*(?=<!-- \/matrix -->)/

it('stands in adapters/README.md as it is observed', () => {
  const readme = readFileSync(README, 'utf8')
  const current = readme.replace(BETWEEN_MARKERS, () => `\n${featureTable()}\n\n${pairTable()}\n\n`)
  if (process.env['UPDATE'] === '1' && current !== readme) writeFileSync(README, current)
  else expect(readme, 'run with UPDATE=1 to write it, and read the change').toBe(current)
})

/** What each dialect says of itself; `capabilities.test.ts` holds it to that. */
function featureTable(): string {
  const marks: Readonly<Record<Support, string>> = { full: 'full', lossy: 'in part', none: '' }
  const rows = FEATURES.map((feature) => [
    words(feature),
    ...adapters.map(({ capabilities }) => marks[capabilities[feature]]),
  ])
  return table(['feature', ...adapters.map(({ displayName }) => displayName)], rows)
}

/** The features lost between each ordered pair of dialects. */
function pairTable(): string {
  const pairs = adapters.flatMap((from) =>
    adapters.filter((to) => to !== from).map((to) => [from, to] as const),
  )
  const rows = pairs.map(([from, to]) => [from.id, to.id, lost(from, to, 'none'), lost(from, to, 'lossy')])
  return table(['from', 'to', 'lost', 'kept in part'], rows)
}

function lost(from: Adapter, to: Adapter, degree: Support): string {
  const said = FEATURES.filter((feature) => from.capabilities[feature] !== 'none')
  return said
    .filter((feature) => observedTransfer(from, to, feature) === degree)
    .map(words)
    .join(', ')
}

function words(feature: string): string {
  return feature.replaceAll('_', ' ')
}

/** Aligned as the formatter aligns it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  )
  const rule = widths.map((width) => '-'.repeat(width))
  const padded = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0))
  return [head, rule, ...rows].map((cells) => `| ${padded(cells).join(' | ')} |`).join('\n')
}
