import type { Target } from './reports.ts'

/** Load runs for `leadSeconds` before it is measured for `seconds`. */
export interface Timing {
  readonly leadSeconds: number
  readonly seconds: number
}

/** A task for the load generator. */
export type Job = Timing &
  (
    | { readonly kind: 'noop'; readonly address: string }
    | { readonly kind: 'unary'; readonly address: string; readonly target: Target }
    | {
        readonly kind: 'fixed-rate'
        readonly address: string
        readonly target: Target
        readonly rate: number
      }
    | { readonly kind: 'batch'; readonly address: string; readonly target: Target }
    | { readonly kind: 'stream'; readonly address: string; readonly target: Target }
    | {
        readonly kind: 'list'
        readonly address: string
        readonly target: Target
        readonly uncached?: boolean
      }
    | { readonly kind: 'upserts'; readonly databaseUrl: string; readonly players: number }
  )

export interface Measured {
  /** Calls, or items of calls, that succeeded in the measured window; and its length. */
  readonly count: number
  readonly seconds: number
  /** Including calls before and after the measured window. */
  readonly succeeded: number
  readonly failed: number
  /** Share of one core that the generator used in the window. */
  readonly generatorCpu: number
  /** In milliseconds, of calls that ended in the window. Absent if calls are not timed. */
  readonly latency?: Latency
}

export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  /** The longest time without any response. */
  readonly longestStall: number
}
