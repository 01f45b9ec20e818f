import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createWorld } from './fixture.ts'
import type { Measured, Timing } from './load/jobs.ts'
import { median, sum } from './rounds.ts'
import type { Stage } from './server-process.ts'
import { TITLES } from './settings.ts'
import { unaryTo } from './subjects/unary.ts'

/** What is asked of the server, of what it could do. */
const PART_OF_MAXIMUM = 0.8
const WINDOW_SECONDS = 15
/** Memory that is as many times as large in the end is no longer flat. */
const MOST_GROWTH = 1.1

interface Window {
  readonly measured: Measured
  /** Of the server, in MiB, at the end of the window. */
  readonly memory: number
}

export interface Soaked {
  /** Calls a second. */
  readonly rate: number
  readonly windows: readonly Window[]
  readonly failed: number
  /** Reports that were acknowledged, and the events that they have left. */
  readonly acknowledged: number
  readonly events: number
  /** The memory of the last quarter by that of the second one: in the first one it fills up. */
  readonly growth: number
  readonly passed: boolean
}

/** Single reports for a long time, at a rate that leaves some room. */
export async function soak(stage: Stage, minutes: number, tell: (what: string) => void): Promise<Soaked> {
  const server = await stage.server()
  const { unary: target } = TITLES
  await createWorld(stage, server.address, stage.databaseUrl, target)
  tell('finding the maximum')
  const measure = (timing: Timing) => unaryTo(stage, 'unary', server.address, target).measure(timing)
  const first = [
    await measure({ leadSeconds: 5, seconds: 10 }),
    await measure({ leadSeconds: 1, seconds: 10 }),
  ]
  const rate = PART_OF_MAXIMUM * median(first.map(({ count, seconds }) => count / seconds))
  const windows: Window[] = []
  const job = {
    kind: 'paced',
    address: server.address,
    target,
    rate,
    leadSeconds: 0,
    seconds: WINDOW_SECONDS,
  } as const
  for (let left = Math.max(8, Math.ceil((minutes * 60) / WINDOW_SECONDS)); left > 0; left -= 1) {
    const measured = await stage.load.run(job)
    const memory = await memoryOf(server.process.pid as number)
    windows.push({ measured, memory })
    tell(formatWindow(windows.length, { measured, memory }))
  }
  const all = [...first, ...windows.map(({ measured }) => measured)]
  const failed = sum(all.map((one) => one.failed))
  const acknowledged = sum(all.map(({ succeeded }) => succeeded))
  const [row] = await stage.query<{ count: string }>(
    stage.databaseUrl,
    "select count(*) from events where request_id like 'bench-%'",
  )
  const growth = growthOf(windows.map(({ memory }) => memory))
  const events = Number(row?.count)
  const passed = failed === 0 && events === acknowledged && growth <= MOST_GROWTH
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

function formatWindow(number: number, { measured, memory }: Window): string {
  const { count, seconds, failed, latency } = measured
  const rate = Math.round(count / seconds)
  return `${number * WINDOW_SECONDS} s: ${rate} calls/s, ${failed} failed, p99 ${latency?.p99.toFixed(0)} ms, ${memory.toFixed(0)} MiB`
}

export function formatSoaked({
  rate,
  windows,
  failed,
  acknowledged,
  events,
  growth,
  passed,
}: Soaked): string {
  return [
    `${windows.length} times ${WINDOW_SECONDS} s at ${Math.round(rate)} calls/s, ${PART_OF_MAXIMUM} of the maximum: ${failed} failed`,
    `${acknowledged} reports were acknowledged, and ${events} are in the database`,
    `memory of the last quarter by that of the second: ${growth.toFixed(2)}, ${MOST_GROWTH} at most`,
    `soak ${passed ? 'pass' : 'fail'}`,
    '',
  ].join('\n')
}
