import type { Relay } from './relay/relay.ts'
import type { ProgressWriter } from './service/progress/writer/progress-writer.ts'
import type { BreakerState, Store } from './store/store.ts'
import { laurelMeter } from './telemetry/metrics.ts'

const BREAKER: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 }

/** Registers the metrics of a running server. */
export function observe(store: Store, progressWriter: ProgressWriter, relay: Relay): void {
  const meter = laurelMeter()
  meter
    .createObservableGauge('laurel_database_breaker', {
      description:
        'State of the circuit breaker of the database: 0 closed, 1 half open, 2 open (calls fail at once)',
    })
    .addCallback((result) => result.observe(BREAKER[store.breaker]))
  meter
    .createObservableGauge('laurel_database_writes', {
      description: 'Whether the database accepts writes: 1 for the state it is in',
    })
    .addCallback((result) => {
      for (const state of ['writable', 'read_only', 'full'])
        result.observe(state === store.writeState ? 1 : 0, { state })
    })
  meter
    .createObservableGauge('laurel_reports_waiting', {
      description: 'Progress reports waiting to be written',
    })
    .addCallback((result) => result.observe(progressWriter.counts.waiting))
  meter
    .createObservableCounter('laurel_reports', {
      description: 'Progress reports written, by write path',
    })
    .addCallback((result) => {
      const { optimistic, locked } = progressWriter.counts
      result.observe(optimistic, { written: 'together' })
      result.observe(locked, { written: 'under_lock' })
    })
  meter
    .createObservableCounter('laurel_report_batches', {
      description: 'Statements that wrote batches of reports',
    })
    .addCallback((result) => result.observe(progressWriter.counts.batches))
  meter
    .createObservableCounter('laurel_deliveries', {
      description: 'Deliveries of events to destinations, by outcome',
    })
    .addCallback((result) => {
      for (const [outcome, count] of relay.counts.entries()) result.observe(count, { outcome })
    })
  meter
    .createObservableGauge('laurel_destinations_resting', {
      description: 'Destinations in backoff after repeated failures',
    })
    .addCallback((result) => result.observe(relay.openCircuits))
  meter
    .createObservableGauge('laurel_destinations_waiting', {
      description: 'Destinations that asked not to be called, as with Retry-After',
    })
    .addCallback((result) => result.observe(relay.waiting))
}
