import { TICKS_PER_SECOND } from '../../model/instant.ts'
import { sleep } from '../../model/sleep.ts'
import type { Services } from '../services.ts'

/** Rows of a part while callers report progress. Its locks are held for some ten milliseconds. */
const ROWS_BESIDE_REPORTS = 500
/** The rate of reports is read again after this time. */
const SAMPLE_MILLISECONDS = 1_000
/** The reports of a second are counted up to this number. */
const MAX_COUNTED_REPORTS = 1_000
/** The pause after a part is as many times as long as the part took, if callers send as many reports a second as are counted. */
const MAX_PAUSE_FACTOR = 3

type ThrottleServices = Pick<Services, 'store' | 'now' | 'importTotals'>

/**
 * Slows a job beside the calls of others. It shares the database with them, so it writes smaller parts while they report
 * progress, at any server, and pauses between them the longer the more they report.
 */
export class JobThrottle {
  readonly #services: ThrottleServices
  /** Of other callers in the last second, as it was last read. */
  #reportsPerSecond = 0
  #readAt = 0
  #partMilliseconds = 0

  private constructor(services: ThrottleServices) {
    this.#services = services
  }

  static async open(services: ThrottleServices, signal: AbortSignal): Promise<JobThrottle> {
    const throttle = new JobThrottle(services)
    await throttle.#read(signal)
    return throttle
  }

  /** At most `partRows`. */
  rowsOfPart(partRows: number): number {
    return this.#reportsPerSecond === 0 ? partRows : Math.min(partRows, ROWS_BESIDE_REPORTS)
  }

  /** Waits until the next part may be written, and measures it. */
  async run<Result>(signal: AbortSignal, write: () => Promise<Result>): Promise<Result> {
    if (performance.now() - this.#readAt > SAMPLE_MILLISECONDS) await this.#read(signal)
    const share = this.#reportsPerSecond / MAX_COUNTED_REPORTS
    const pause = this.#partMilliseconds * MAX_PAUSE_FACTOR * share
    if (pause >= 1) await sleep(pause, signal)
    this.#services.importTotals.pausedSeconds += pause / 1_000
    const start = performance.now()
    const result = await write()
    this.#partMilliseconds = performance.now() - start
    return result
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { store, now } = this.#services
    const since = now() - TICKS_PER_SECOND
    this.#reportsPerSecond = await store.read(signal, (queries) =>
      queries.events.countReports(since, MAX_COUNTED_REPORTS),
    )
    this.#readAt = performance.now()
  }
}
