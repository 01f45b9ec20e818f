import { adapters } from '../../adapters/index.ts'
import type { Comparison } from './rounds.ts'

/** The ratios at the end of a report: first those of the server that only writes, then those with a goal. */
export const COMPARISONS: readonly Comparison[] = [
  { name: 'bare_unary_vs_noop', of: 'bare writes', to: 'noop' },
  { name: 'bare_batch_vs_pgbench', of: 'bare writes, batch', to: 'upserts' },
  { name: 'bare_growth', of: 'bare writes, 10 million rows', to: 'bare writes, 10 thousand rows' },
  { name: 'unary_vs_noop', of: 'unary', to: 'noop', goal: 0.7 },
  { name: 'coalesced_vs_single', of: 'unary', to: 'single', goal: 3 },
  { name: 'batch_vs_pgbench', of: 'batch', to: 'upserts', goal: 5 },
  { name: 'stream_vs_unary', of: 'stream', to: 'unary', goal: 2 },
  { name: 'list_vs_noop', of: 'list', to: 'noop', goal: 0.5 },
  ...adapters.flatMap(({ id: dialect }) => [
    { name: `encode_${dialect}`, of: `encode ${dialect}`, to: `stringify ${dialect}`, goal: 0.3 },
    { name: `decode_${dialect}`, of: `decode ${dialect}`, to: `parse ${dialect}`, goal: 0.3 },
  ]),
  { name: 'with_subscribers', of: 'unary, with subscribers', to: 'unary, without subscribers', goal: 0.8 },
  { name: 'growth', of: 'unary, 10 million rows', to: 'unary, 10 thousand rows', goal: 0.8 },
]
