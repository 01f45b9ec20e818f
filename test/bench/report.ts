import { cpus, release, totalmem } from 'node:os'
import { median, type Rate, type Ratio } from './rounds.ts'
import type { PacedLatency } from './subjects/latency.ts'

/** Everything that a run found out. */
export interface Findings {
  readonly date: string
  readonly machine: string
  readonly quick: boolean
  /** Of each window, and how many there were. */
  readonly seconds: number
  readonly rounds: number
  readonly rates: readonly Rate[]
  readonly latency: PacedLatency
  readonly ratios: readonly Ratio[]
  readonly checks: readonly Check[]
}

/** Something that must hold, or the figures mean nothing. */
export interface Check {
  readonly what: string
  readonly holds: boolean
}

export function machine(): string {
  const all = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${all.length} x ${all[0]?.model ?? 'unknown'}, ${memory} GiB, ${process.platform} ${release()}, Node ${process.versions.node}`
}

export function formatFindings(findings: Findings): string {
  const { date, rounds, seconds, quick, rates, latency, ratios, checks } = findings
  const length = quick ? 'a quick run, which proves nothing' : 'a full run'
  return [
    `${date}, ${findings.machine}`,
    `${length}: ${rounds} rounds, ${seconds} s each subject`,
    '',
    formatTable(rates),
    '',
    formatLatency(latency),
    '',
    ...checks.map(({ what, holds }) => `${holds ? 'holds' : 'BROKEN'}: ${what}`),
    '',
    ...ratios.map(formatRatio),
    '',
  ].join('\n')
}

function formatTable(rates: readonly Rate[]): string {
  const rows = rates.map(({ name, unit, rounds, failed, generatorCpu }) => [
    name,
    figure(median(rounds)),
    `${unit}/s`,
    `${figure(Math.min(...rounds))} - ${figure(Math.max(...rounds))}`,
    Number.isNaN(generatorCpu) ? '' : `${Math.round(generatorCpu * 100)} %`,
    String(failed),
  ])
  const head = ['', 'median', '', 'lowest - highest', 'load CPU', 'failed']
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell[column === 0 || column === 2 ? 'padEnd' : 'padStart'](widths[column] ?? 0))
  return [head, ...rows].map((row) => line(row).join('  ').trimEnd()).join('\n')
}

function formatLatency({ rate, p50, p99, p999, longest, longestStall }: PacedLatency): string {
  const [first, ...others] = [p50, p99, p999, longest, longestStall].map((value) => value.toFixed(1))
  const [second, third, most, stall] = others
  return (
    `latency at ${figure(rate)} calls/s, in ms: p50 ${first}, p99 ${second}, p99.9 ${third}, longest ${most}; ` +
    `longest stall ${stall}`
  )
}

/** `name ratio goal pass|fail`, for whoever reads it by machine; `name ratio` where there is no goal. */
function formatRatio({ name, ratio, goal, passed }: Ratio): string {
  const reached = `${name} ${ratio.toFixed(2)}`
  return goal === undefined ? reached : `${reached} ${goal} ${passed ? 'pass' : 'fail'}`
}

function figure(number: number): string {
  return Math.round(number).toLocaleString('en')
}
