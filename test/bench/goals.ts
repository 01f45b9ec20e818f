import type { Goal } from './rounds.ts'

/** What Laurel means to reach: each figure to that of another subject in the same round. */
export const GOALS: readonly Goal[] = [
  { name: 'unary_vs_noop', of: 'unary', to: 'noop', goal: 0.7 },
  { name: 'coalesced_vs_single', of: 'unary', to: 'single', goal: 3 },
  { name: 'batch_vs_pgbench', of: 'batch', to: 'upserts', goal: 5 },
  { name: 'stream_vs_unary', of: 'stream', to: 'unary', goal: 2 },
  { name: 'list_vs_noop', of: 'list', to: 'noop', goal: 0.5 },
  ...['xbox', 'discord', 'accelbyte'].flatMap((dialect) => [
    { name: `encode_${dialect}`, of: `encode ${dialect}`, to: `stringify ${dialect}`, goal: 0.3 },
    { name: `decode_${dialect}`, of: `decode ${dialect}`, to: `parse ${dialect}`, goal: 0.3 },
  ]),
  { name: 'told_vs_untold', of: 'unary, watched and delivered', to: 'unary, nobody told', goal: 0.8 },
  { name: 'growth', of: 'unary, 10 million rows', to: 'unary, 10 thousand rows', goal: 0.8 },
]
