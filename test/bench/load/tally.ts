import { createHistogram } from 'node:perf_hooks'
import type { Measured, Timing } from './jobs.ts'

/** Counts the responses in the measured window, which begins after the lead time. */
export class Tally {
  /** Resolves at the end of the window, when no more calls are to be sent. */
  readonly over: Promise<void>
  #counting = false
  #isOver = false
  #count = 0
  #succeeded = 0
  #failed = 0
  #seconds = 0
  #generatorCpu = 0
  #lastResponse = 0
  #longestStall = 0
  readonly #latencies = createHistogram()

  constructor({ leadSeconds, seconds }: Timing) {
    this.over = this.#run(leadSeconds * 1000, seconds * 1000)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  add(succeeded: number, failed: number): void {
    this.#succeeded += succeeded
    this.#failed += failed
    if (this.#counting) this.#count += succeeded
  }

  /** Records the latency of a call that ended now. @param due by `performance.now()` */
  time(due: number): void {
    if (!this.#counting) return
    const now = performance.now()
    this.#latencies.record(Math.max(1, Math.round((now - due) * 1000)))
    this.#longestStall = Math.max(this.#longestStall, now - this.#lastResponse)
    this.#lastResponse = now
  }

  result(): Measured {
    const milliseconds = (percentile: number) => this.#latencies.percentile(percentile) / 1000
    return {
      count: this.#count,
      seconds: this.#seconds,
      succeeded: this.#succeeded,
      failed: this.#failed,
      generatorCpu: this.#generatorCpu,
      ...(this.#latencies.count > 0 && {
        latency: {
          p50: milliseconds(50),
          p99: milliseconds(99),
          p999: milliseconds(99.9),
          max: this.#latencies.max / 1000,
          longestStall: this.#longestStall,
        },
      }),
    }
  }

  async #run(lead: number, window: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, lead))
    const cpu = process.cpuUsage()
    const start = performance.now()
    this.#lastResponse = start
    this.#counting = true
    await new Promise((resolve) => setTimeout(resolve, window))
    this.#counting = false
    this.#isOver = true
    const end = performance.now()
    const { user, system } = process.cpuUsage(cpu)
    this.#longestStall = Math.max(this.#longestStall, end - this.#lastResponse)
    this.#seconds = (end - start) / 1000
    this.#generatorCpu = (user + system) / 1000 / (end - start)
  }
}
