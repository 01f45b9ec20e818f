import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Environment } from './environment.ts'
import { createFixture } from './fixture.ts'
import type { Measured, Timing } from './load/jobs.ts'
import type { ProcessSample } from './load/sample-process.ts'
import { ProcessSamples } from './process-samples.ts'
import { median, sum } from './rounds.ts'
import { TARGETS } from './setup.ts'
import { unaryTo } from './subjects/wire.ts'

const SHARE_OF_MAXIMUM = 0.5
const WINDOW_SECONDS = 15
/** Memory of the last quarter of windows, relative to the second quarter. */
const MAX_GROWTH = 1.1

interface Window {
  readonly measured: Measured
  /** Resident set of the server at the end of the window. */
  readonly memoryMebibytes: number
  /** Of the server. */
  readonly samples: readonly ProcessSample[]
}

export interface SoakResults {
  /** Calls per second. */
  readonly rate: number
  readonly windows: readonly Window[]
  readonly failed: number
  /** Acknowledged reports, and events in the database. */
  readonly acknowledged: number
  readonly events: number
  /** Memory of the last quarter relative to the second: in the first one caches fill. */
  readonly growth: number
  readonly passed: boolean
}

/** Sends `unary` calls for a long time at a share of the maximum rate. */
export async function soak(
  environment: Environment,
  minutes: number,
  log: (line: string) => void,
): Promise<SoakResults> {
  using samples = new ProcessSamples()
  const server = await environment.server({ samples })
  const { unary: target } = TARGETS
  await createFixture(environment, server.address, environment.databaseUrl, target)
  log('finding the maximum')
  const measure = (timing: Timing) => unaryTo(environment, 'unary', server.address, target).measure(timing)
  const first = [
    await measure({ leadSeconds: 5, seconds: 10 }),
    await measure({ leadSeconds: 1, seconds: 10 }),
  ]
  const rate = SHARE_OF_MAXIMUM * median(first.map(({ count, seconds }) => count / seconds))
  const windows: Window[] = []
  samples.next()
  const job = {
    kind: 'fixed-rate',
    address: server.address,
    target,
    rate,
    leadSeconds: 0,
    seconds: WINDOW_SECONDS,
  } as const
  for (let left = Math.max(8, Math.ceil((minutes * 60) / WINDOW_SECONDS)); left > 0; left -= 1) {
    const measured = await environment.load.run(job)
    const memoryMebibytes = await memoryOf(server.process.pid as number)
    const window = { measured, memoryMebibytes, samples: samples.next() }
    windows.push(window)
    log(formatWindow(windows.length, window))
  }
  const all = [...first, ...windows.map(({ measured }) => measured)]
  const failed = sum(all.map((one) => one.failed))
  const acknowledged = sum(all.map(({ succeeded }) => succeeded))
  const [row] = await environment.query<{ count: string }>(
    environment.databaseUrl,
    "select count(*) from events where request_id like 'bench-%'",
  )
  const growth = growthOf(windows.map(({ memoryMebibytes }) => memoryMebibytes))
  const events = Number(row?.count)
  const passed = failed === 0 && events === acknowledged && growth <= MAX_GROWTH
  return { rate, windows, failed, acknowledged, events, growth, passed }
}

function growthOf(memory: readonly number[]): number {
  const quarter = Math.floor(memory.length / 4)
  return median(memory.slice(-quarter)) / median(memory.slice(quarter, 2 * quarter))
}

async function memoryOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)])
  return Number(stdout) / 1024
}

function formatWindow(number: number, { measured, memoryMebibytes, samples }: Window): string {
  const { count, seconds, failed, latency } = measured
  return [
    `${number * WINDOW_SECONDS} s: ${Math.round(count / seconds)} calls/s, ${failed} failed`,
    `p99 ${latency?.p99.toFixed(0)} ms`,
    `longest stall ${latency?.longestStall.toFixed(0)} ms, the server's ${stallOf(samples).toFixed(0)} ms`,
    formatMajors(samples),
    `${memoryMebibytes.toFixed(0)} MiB`,
  ].join(', ')
}

function formatMajors(samples: readonly ProcessSample[]): string {
  const majors = samples.flatMap((sample) => sample.majors)
  return `${majors.length} major collections of at most ${Math.max(0, ...majors).toFixed(0)} ms`
}

function stallOf(samples: readonly ProcessSample[]): number {
  return Math.max(0, ...samples.map(({ longestStall }) => longestStall))
}

export function formatSoak({
  rate,
  windows,
  failed,
  acknowledged,
  events,
  growth,
  passed,
}: SoakResults): string {
  const latencies = windows.flatMap(({ measured: { latency } }) => latency ?? [])
  const samples = windows.flatMap((window) => window.samples)
  const heaps = samples.map(({ heapMebibytes }) => heapMebibytes)
  const minors = sum(samples.map((sample) => sample.minors))
  const longestMinor = Math.max(0, ...samples.map((sample) => sample.longestMinor))
  return [
    `${windows.length} times ${WINDOW_SECONDS} s at ${Math.round(rate)} calls/s, ${SHARE_OF_MAXIMUM} of the maximum: ${failed} failed`,
    `${acknowledged} reports were acknowledged, ${events} events are in the database`,
    `p99 of the windows: median ${median(latencies.map(({ p99 }) => p99)).toFixed(0)} ms, highest ${Math.max(...latencies.map(({ p99 }) => p99)).toFixed(0)} ms`,
    `longest time without a response: ${Math.max(...latencies.map(({ longestStall }) => longestStall)).toFixed(0)} ms; in which the server's event loop stood still, whatever the database did: ${stallOf(samples).toFixed(0)} ms`,
    `garbage collection: ${formatMajors(samples)}, ${minors} minor ones of at most ${longestMinor.toFixed(0)} ms; heap ${Math.min(...heaps).toFixed(0)} to ${Math.max(...heaps).toFixed(0)} MiB`,
    `memory of the last quarter relative to the second: ${growth.toFixed(2)}, at most ${MAX_GROWTH}`,
    `soak ${passed ? 'pass' : 'fail'}`,
    '',
  ].join('\n')
}
