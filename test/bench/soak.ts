import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Environment } from './environment.ts'
import { createFixture } from './fixture.ts'
import type { Measured, Timing } from './load/jobs.ts'
import { median, sum } from './rounds.ts'
import { TARGETS } from './setup.ts'
import { unaryTo } from './subjects/wire.ts'

const SHARE_OF_MAXIMUM = 0.8
const WINDOW_SECONDS = 15
/** Memory of the last quarter of windows, relative to the second quarter. */
const MAX_GROWTH = 1.1

interface Window {
  readonly measured: Measured
  /** Resident set of the server at the end of the window. */
  readonly memoryMebibytes: number
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
  const server = await environment.server()
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
    const window = { measured, memoryMebibytes: await memoryOf(server.process.pid as number) }
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

function formatWindow(number: number, { measured, memoryMebibytes }: Window): string {
  const { count, seconds, failed, latency } = measured
  const rate = Math.round(count / seconds)
  return `${number * WINDOW_SECONDS} s: ${rate} calls/s, ${failed} failed, p99 ${latency?.p99.toFixed(0)} ms, ${memoryMebibytes.toFixed(0)} MiB`
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
  return [
    `${windows.length} times ${WINDOW_SECONDS} s at ${Math.round(rate)} calls/s, ${SHARE_OF_MAXIMUM} of the maximum: ${failed} failed`,
    `${acknowledged} reports were acknowledged, ${events} events are in the database`,
    `memory of the last quarter relative to the second: ${growth.toFixed(2)}, at most ${MAX_GROWTH}`,
    `soak ${passed ? 'pass' : 'fail'}`,
    '',
  ].join('\n')
}
