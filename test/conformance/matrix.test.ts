import { it } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import type { Adapter, Support } from '../../src/dialect/adapter.ts'
import { expectWritten, markdownTable } from '../support/readme.ts'
import { FEATURES, observedTransfer } from './observed.ts'

const README = new URL('../../adapters/README.md', import.meta.url)

it('stands in adapters/README.md as it is observed', () => {
  expectWritten(README, 'matrix', `${featureTable()}\n\n${pairTable()}`)
})

/** The declared capabilities of each dialect; `capabilities.test.ts` checks them. */
function featureTable(): string {
  const marks: Readonly<Record<Support, string>> = { full: 'full', lossy: 'in part', none: '' }
  const rows = FEATURES.map((feature) => [
    words(feature),
    ...adapters.map(({ capabilities }) => marks[capabilities[feature]]),
  ])
  return markdownTable(['feature', ...adapters.map(({ displayName }) => displayName)], rows)
}

/** The features lost between each ordered pair of dialects. */
function pairTable(): string {
  const pairs = adapters.flatMap((from) =>
    adapters.filter((to) => to !== from).map((to) => [from, to] as const),
  )
  const rows = pairs.map(([from, to]) => [from.id, to.id, lost(from, to, 'none'), lost(from, to, 'lossy')])
  return markdownTable(['from', 'to', 'lost', 'kept in part'], rows)
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
