import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CpuMeter, type CpuPerItem, formatCpu } from './cpu-per-item.ts'
import type { Environment, ServerOptions } from './environment.ts'
import type * as fixture from './fixture.ts'
import type { Timing } from './load/jobs.ts'
import type { Target } from './load/reports.ts'
import { formatRatio, formatTable, machine } from './report.ts'
import { measureRounds, type Rate, type Ratio, ratiosOf, type Subject } from './rounds.ts'
import { batchTo, listTo, noopTo, streamTo, unaryTo } from './subjects/wire.ts'

const UNARY = { titleId: 'unary', players: 50_000, achievements: 1 }
const LIST = { titleId: 'list', players: 100, achievements: 100 }
const NAMES = ['noop', 'unary', 'batch', 'stream', 'list'] as const

export interface Comparison {
  readonly rates: readonly Rate[]
  readonly ratios: readonly Ratio[]
  /** Bytes of tables and indexes that each report added, by server. */
  readonly bytesPerReport: Readonly<Record<string, number>>
  readonly cpu: Readonly<Record<'ours' | 'base', readonly CpuPerItem[]>>
}

interface Side {
  readonly subjects: readonly Subject[]
  readonly databaseUrl: string
  readonly meter: CpuMeter
}

/**
 * Measures this checkout's server and another one in the same rounds, each on a database of its own in the same Postgres: the one of
 * another checkout, or with other settings.
 */
export async function compareServers(
  environment: Environment,
  { ours: oursOptions = {}, base: baseOptions = {} }: { ours?: ServerOptions; base?: ServerOptions },
  rounds: number,
  timing: Timing,
  log: (line: string) => void,
): Promise<Comparison> {
  log('creating the fixtures')
  const ours = await open(environment, 'ours', oursOptions)
  const base = await open(environment, 'base', baseOptions)
  const sizes = () => Promise.all([ours, base].map(({ databaseUrl }) => sizeOf(environment, databaseUrl)))
  const before = await sizes()
  const subjects = ours.subjects.flatMap((subject, index) => [subject, base.subjects[index] as Subject])
  const rates = await measureRounds(subjects, rounds, timing, log)
  const after = await sizes()
  const reportsOf = (side: string) =>
    rates
      .filter(({ name }) => ['unary', 'batch', 'stream'].some((kind) => name === nameOf(kind, side)))
      .reduce((sum, { succeeded }) => sum + succeeded, 0)
  const bytesPerReport = Object.fromEntries(
    ['ours', 'base'].map((side, index) => [
      side,
      ((after[index] as number) - (before[index] as number)) / reportsOf(side),
    ]),
  )
  const comparisons = NAMES.map((name) => ({
    name: `${name}_vs_base`,
    of: nameOf(name, 'ours'),
    to: nameOf(name, 'base'),
  }))
  const cpu = { ours: ours.meter.costs, base: base.meter.costs }
  return { rates, ratios: ratiosOf(rates, comparisons), bytesPerReport, cpu }
}

/** @param base what this checkout's server was compared with */
export function formatComparison({ rates, ratios, bytesPerReport, cpu }: Comparison, base: string): string {
  const bytes = Object.entries(bytesPerReport).map(([side, count]) => `${side} ${Math.round(count)}`)
  const spread = ({ rounds }: Ratio) => `(${rounds.map((ratio) => ratio.toFixed(2)).join(' ')})`
  return [
    `${new Date().toISOString()}, ${machine()}`,
    `against ${base}`,
    '',
    formatTable(rates),
    '',
    `bytes on disk for each report: ${bytes.join(', ')}`,
    ...formatCpu(cpu.ours, cpu.base),
    '',
    ...ratios.map((ratio) => `${formatRatio(ratio)} ${spread(ratio)}`),
    '',
  ].join('\n')
}

const nameOf = (name: string, side: string) => `${name}, ${side}`

async function open(environment: Environment, side: string, options: ServerOptions): Promise<Side> {
  const { directory } = options
  const databaseUrl = await environment.createDatabase(`bench_${side}`)
  const { address, process } = await environment.server({ ...options, databaseUrl })
  // Written into the tables, which are the checkout's own.
  const file =
    directory === undefined ? './fixture.ts' : pathToFileURL(join(directory, 'test/bench/fixture.ts')).href
  const { createFixture } = (await import(file)) as typeof fixture
  for (const target of [UNARY, LIST] satisfies readonly Target[])
    await createFixture(environment, address, databaseUrl, target)
  const subjects = [
    noopTo(environment, nameOf('noop', side), address),
    unaryTo(environment, nameOf('unary', side), address, UNARY),
    batchTo(environment, nameOf('batch', side), address, UNARY),
    streamTo(environment, nameOf('stream', side), address, UNARY),
    listTo(environment, nameOf('list', side), address, LIST),
  ]
  const meter = await CpuMeter.open(environment, databaseUrl, process.pid as number)
  return { subjects: subjects.map((subject) => meter.measured(subject)), databaseUrl, meter }
}

async function sizeOf(environment: Environment, databaseUrl: string): Promise<number> {
  const statement = 'select pg_database_size(current_database()) as bytes'
  const [row] = await environment.query<{ bytes: string }>(databaseUrl, statement)
  return Number(row?.bytes)
}
