import type { FeedMigrationJobResponse } from '../../gen/laurel/v1/migration_job_service.ts'
import { startDisplay } from '../meter.ts'
import type { MigrationSource } from './sources/source.ts'

export interface MigrationMeter extends Disposable {
  part(source: MigrationSource, part: FeedMigrationJobResponse): void
  /** The source was read to its end before. */
  skip(source: MigrationSource): void
  /** Shows that the source is tried again, and why. */
  showRetry(reason: string): void
}

/** Shows records, rate, remaining time and refusals. The remaining time is known if the sizes of all sources are. */
export function startMigrationMeter(sources: readonly MigrationSource[]): MigrationMeter {
  const display = startDisplay()
  const startTime = performance.now()
  const sizes = sources.map(({ size }) => size)
  const total = sizes.includes(undefined)
    ? undefined
    : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0)
  const positions = new Map<MigrationSource, number>()
  let firstCount: bigint | undefined
  let firstPosition = 0
  const sum = () => [...positions.values()].reduce((left, right) => left + right, 0)
  return {
    part(source, { job, source: state }) {
      if (job === undefined) return
      positions.set(source, Number(state?.position ?? 0n))
      const seconds = (performance.now() - startTime) / 1000
      if (firstCount === undefined) {
        firstCount = job.recordCount
        firstPosition = sum()
      }
      const rate = Math.round(Number(job.recordCount - firstCount) / seconds)
      const read = sum() - firstPosition
      const remaining = total === undefined || read <= 0 ? undefined : ((total - sum()) * seconds) / read
      const left = remaining === undefined ? '' : `, ${timeText(remaining)} left`
      display.update(
        sum(),
        total,
        `${job.recordCount} records, ${rate} a second, ${job.refusedCount} refused${left}`,
      )
    },
    skip: (source) => void positions.set(source, source.size ?? 0),
    showRetry: (reason) => display.update(sum(), total, `${reason}; trying again`),
    [Symbol.dispose]: () => display.stop(),
  }
}

function timeText(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
