import { cpus, release, totalmem } from 'node:os'
import { median, type Rate, type Ratio } from './rounds.ts'
import type { WatchLatency } from './subjects/watch-latency.ts'
import type { LatencyAtRate } from './subjects/wire.ts'

export interface Results {
  readonly date: string
  readonly machine: string
  readonly quick: boolean
  /** Length of each measured window. */
  readonly seconds: number
  readonly rounds: number
  readonly rates: readonly Rate[]
  readonly latency: LatencyAtRate
  readonly watches: readonly WatchLatency[]
  readonly ratios: readonly Ratio[]
  readonly checks: readonly Check[]
}

/** A condition without which the rates are meaningless. */
export interface Check {
  readonly description: string
  readonly passed: boolean
}

export function machine(): string {
  const all = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${all.length} x ${all[0]?.model ?? 'unknown'}, ${memory} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`
}

export function formatResults(results: Results): string {
  const { date, rounds, seconds, quick, rates, latency, watches, ratios, checks } = results
  const length = quick ? 'a quick run, whose rates mean nothing' : 'a full run'
  return [
    `${date}, ${results.machine}`,
    `${length}: ${rounds} rounds, ${seconds} s each subject`,
    '',
    formatTable(rates),
    '',
    formatLatency(latency),
    ...watches.map(formatWatch),
    '',
    ...checks.map(({ description, passed }) => `${passed ? 'passed' : 'FAILED'}: ${description}`),
    '',
    ...ratios.map(formatRatio),
    '',
  ].join('\n')
}

export function formatTable(rates: readonly Rate[]): string {
  const rows = rates.map(({ name, unit, rounds, failed, generatorCpu }) => [
    name,
    figure(median(rounds)),
    `${unit}/s`,
    `${figure(Math.min(...rounds))} - ${figure(Math.max(...rounds))}`,
    Number.isNaN(generatorCpu) ? '' : `${Math.round(generatorCpu * 100)} %`,
    String(failed),
  ])
  const head = ['', 'median', '', 'min - max', 'load CPU', 'failed']
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell[column === 0 || column === 2 ? 'padEnd' : 'padStart'](widths[column] ?? 0))
  return [head, ...rows].map((row) => line(row).join('  ').trimEnd()).join('\n')
}

function formatLatency({ rate, p50, p99, p999, max, longestStall }: LatencyAtRate): string {
  const figures = Object.entries({ p50, p99, 'p99.9': p999, max, 'longest stall': longestStall })
  const text = figures.map(([name, value]) => `${name} ${value.toFixed(1)}`).join(', ')
  return `latency at ${figure(rate)} calls/s, in ms: ${text}`
}

function formatWatch({ name, p50, p99, max }: WatchLatency): string {
  return `${name}, in ms: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, max ${max.toFixed(1)}`
}

/** `name ratio goal pass|fail`, or `name ratio` without a goal: scripts may parse these lines. */
export function formatRatio({ name, ratio, goal, passed }: Ratio): string {
  const reached = `${name} ${ratio.toFixed(2)}`
  return goal === undefined ? reached : `${reached} ${goal} ${passed ? 'pass' : 'fail'}`
}

function figure(number: number): string {
  return Math.round(number).toLocaleString('en')
}
