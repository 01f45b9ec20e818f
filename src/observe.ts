import type { Relay } from './relay/relay.ts'
import type { ProgressWriter } from './service/progress/writer/progress-writer.ts'
import type { BreakerState, Store } from './store/store.ts'
import { laurelMeter } from './telemetry/metrics.ts'

const BREAKER: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 }

/** The numbers of a running server. */
export function observe(store: Store, progressWriter: ProgressWriter, relay: Relay): void {
  const meter = laurelMeter()
  meter
    .createObservableGauge('laurel_database_breaker', {
      description:
        'Whether calls reach the database: 0 closed (they do), 1 half open (one tries), 2 open (they do not)',
    })
    .addCallback((result) => result.observe(BREAKER[store.breaker]))
  meter
    .createObservableGauge('laurel_reports_waiting', {
      description: 'Reports of progress that wait to be written',
    })
    .addCallback((result) => result.observe(progressWriter.counts.waiting))
  meter
    .createObservableCounter('laurel_reports', {
      description: 'Reports of progress that were taken, by how they were written',
    })
    .addCallback((result) => {
      const { optimistic, locked } = progressWriter.counts
      result.observe(optimistic, { written: 'together' })
      result.observe(locked, { written: 'under_lock' })
    })
  meter
    .createObservableCounter('laurel_report_batches', {
      description: 'Statements that reports were written by together',
    })
    .addCallback((result) => result.observe(progressWriter.counts.batches))
  meter
    .createObservableCounter('laurel_deliveries', {
      description: 'Deliveries of events to destinations, by what became of them',
    })
    .addCallback((result) => {
      for (const [outcome, count] of relay.counts.entries()) result.observe(count, { outcome })
    })
  meter
    .createObservableGauge('laurel_destinations_resting', {
      description: 'Destinations that are left alone because they failed again and again',
    })
    .addCallback((result) => result.observe(relay.openCircuits))
}
