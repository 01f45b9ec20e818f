import type { Target } from './reports.ts'

/** How long the load lasts before it counts, and how long it counts. */
export interface Timing {
  readonly leadSeconds: number
  readonly seconds: number
}

/** What the load generator is asked to do. */
export type Job = Timing &
  (
    | { readonly kind: 'noop'; readonly address: string }
    | { readonly kind: 'unary'; readonly address: string; readonly target: Target }
    | { readonly kind: 'paced'; readonly address: string; readonly target: Target; readonly rate: number }
    | { readonly kind: 'batch'; readonly address: string; readonly target: Target }
    | { readonly kind: 'stream'; readonly address: string; readonly target: Target }
    | { readonly kind: 'list'; readonly address: string; readonly target: Target; readonly anew?: boolean }
    | { readonly kind: 'upserts'; readonly databaseUrl: string; readonly players: number }
  )

/** What it saw. */
export interface Measured {
  /** Calls, or items of calls, that succeeded while it counted; and how long that was. */
  readonly count: number
  readonly seconds: number
  /** From the first to the last, those before and after it counted included. */
  readonly succeeded: number
  readonly failed: number
  /** Part of one core that the generator took while it counted. */
  readonly generatorCpu: number
  /** In milliseconds, of calls that were answered while it counted. Absent where single calls are not timed. */
  readonly latency?: Latency
}

export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly longest: number
  /** The longest time in which no answer came at all. */
  readonly longestStall: number
}
