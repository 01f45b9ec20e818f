import { type Instant, TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../model/instant.ts'
import { sleep } from '../../model/sleep.ts'
import type { Services } from '../services.ts'

/** Rows of a part while callers report progress. Its locks are held for some ten milliseconds. */
const ROWS_BESIDE_REPORTS = 500
const SAMPLE_TICKS = TICKS_PER_SECOND
/** The last events of a sample, which are read to see how many of them are reports. */
const MAX_READ_EVENTS = 1_000n
/** From this rate of reports on, pauses are longest. */
const MAX_REPORTS_PER_SECOND = 1_000
/** Bounds the pauses of a job to a minute and a half. */
const MAX_JOBS = 16
/** The longest pause of a job alone, as a multiple of the time that the part before it took. */
const MAX_PAUSE_FACTOR = 3
/** A part that waited for a lock would cause a long pause, during which the reports may end. */
const MAX_PAUSE_MILLISECONDS = 5_000
/** A job writes if it has written a part within this time: longer than any pause. */
const WRITING_TICKS = 2n * BigInt(MAX_PAUSE_MILLISECONDS * MAX_JOBS) * TICKS_PER_MILLISECOND

type ThrottleServices = Pick<Services, 'store' | 'now' | 'importTotals'>

interface Sample {
  readonly time: Instant
  /** The last id of an event. */
  readonly position: bigint
}

/**
 * Slows a job down while callers report progress, at any server: they share the database with it. Its parts are smaller then, and the
 * pauses between them grow with the rate of the reports, and with the number of jobs that write, so that all together take no more time of
 * the database than one.
 */
export class JobThrottle {
  readonly #services: ThrottleServices
  #sample: Sample
  /** Between the last two samples; undefined before the second one. */
  #reportsPerSecond: number | undefined
  #partMilliseconds = 0
  /** The number of jobs that have written lately, at any server, this one included. */
  #jobCount = 1

  private constructor(services: ThrottleServices, sample: Sample) {
    this.#services = services
    this.#sample = sample
  }

  static async open(services: ThrottleServices, signal: AbortSignal): Promise<JobThrottle> {
    const time = services.now()
    const position = await services.store.read(signal, (queries) => queries.events.findLastId())
    return new JobThrottle(services, { time, position })
  }

  /** Returns the number of rows of the next part, at most `partRows`. Parts are small until the rate of reports is known. */
  rowsOfPart(partRows: number): number {
    return this.#reportsPerSecond === 0 ? partRows : Math.min(partRows, ROWS_BESIDE_REPORTS)
  }

  /** Waits until the next part may be written, and measures how long that takes. */
  async run<Result>(signal: AbortSignal, write: () => Promise<Result>): Promise<Result> {
    await this.#measureReports(signal)
    const load = Math.min(1, (this.#reportsPerSecond ?? 0) / MAX_REPORTS_PER_SECOND)
    const ownPause = Math.min(this.#partMilliseconds * MAX_PAUSE_FACTOR * load, MAX_PAUSE_MILLISECONDS)
    const pause = ownPause * this.#jobCount
    if (pause >= 1) {
      await sleep(pause, signal)
      this.#services.importTotals.pausedSeconds += pause / 1_000
    }
    const start = performance.now()
    const result = await write()
    this.#partMilliseconds = performance.now() - start
    return result
  }

  /** Counts by ids, because an event has the time that its report states. */
  async #measureReports(signal: AbortSignal): Promise<void> {
    const { store, now } = this.#services
    const before = this.#sample
    const time = now()
    // A clock that was set back begins a sample too.
    if (time >= before.time && time < before.time + SAMPLE_TICKS) return
    const { position, reports, jobCount } = await store.read(signal, async (queries) => {
      const position = await queries.events.findLastId()
      const count = queries.partitions.countIds(before.position, position)
      if (count <= 0n) return { position, reports: 0, jobCount: 1 }
      const readCount = count < MAX_READ_EVENTS ? count : MAX_READ_EVENTS
      const found = await queries.events.countReports(position - readCount, position)
      const reports = (Number(count) * found) / Number(readCount)
      return { position, reports, jobCount: await queries.migrationJobs.countWriting(time - WRITING_TICKS) }
    })
    this.#sample = { time, position }
    this.#jobCount = Math.min(Math.max(1, jobCount), MAX_JOBS)
    const seconds = Number(time - before.time) / Number(TICKS_PER_SECOND)
    this.#reportsPerSecond = reports / Math.max(1, seconds)
  }
}
