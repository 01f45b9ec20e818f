import type { Latency, Measured } from '../load/jobs.ts'
import { type Scene, TITLES } from '../settings.ts'

export interface PacedLatency extends Latency {
  /** Calls a second. */
  readonly rate: number
  readonly measured: Measured
}

/** How long single reports take when they come at a fixed rate, whether the ones before them are answered or not. */
export async function latencyAt(
  { stage, server }: Scene,
  rate: number,
  seconds: number,
): Promise<PacedLatency> {
  const { address } = server
  const job = { kind: 'paced', address, target: TITLES.unary, rate, leadSeconds: 1, seconds } as const
  const measured = await stage.load.run(job)
  if (measured.latency === undefined) throw new Error('no call was answered while latency was measured')
  return { ...measured.latency, rate, measured }
}
