import type { Meter } from '@opentelemetry/api'
import type { CacheLookups } from './model/cache-lookups.ts'
import { TICKS_PER_SECOND } from './model/instant.ts'
import type { Relay } from './relay/relay.ts'
import type { ObserveBatch } from './service/progress/writer/contract.ts'
import type { Services } from './service/services.ts'
import type { StoreOperation } from './store/guard.ts'
import type { BreakerState, Store } from './store/store.ts'
import { DURATION_BOUNDARIES } from './telemetry/calls.ts'
import { addPart, inSpan, linksTo } from './telemetry/spans.ts'

const BREAKER: Readonly<Record<BreakerState, number>> = { closed: 0, half_open: 1, open: 2 }
const BATCH_BOUNDARIES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 500]
/** A scrape waits at most this long for the database, because metrics are needed most while the database is slow. */
const MAX_SCRAPE_MILLISECONDS = 500

/** Registers the metrics of a running server that are read when they are collected. */
export function observe(meter: Meter, services: Services, relay: Relay): void {
  observeDatabase(meter, services.store)
  observeReports(meter, services)
  observeImports(meter, services)
  observeDeliveries(meter, relay)
  observeStored(meter, services)
}

/** Returns a function that measures the store's calls, by OpenTelemetry's conventions for databases. */
export function measureDatabase(meter: Meter): (operation: StoreOperation) => void {
  const durations = meter.createHistogram('db.client.operation.duration', {
    description: 'Duration of reads and transactions, with retries and the wait for a connection',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BOUNDARIES },
  })
  const retries = meter.createCounter('laurel_database_retries', {
    description: 'Transactions repeated after a deadlock, a serialization failure or a stale statement',
  })
  // So that the series exists before the first retry.
  retries.add(0)
  return ({ name, seconds, retries: count, error }) => {
    durations.record(seconds, {
      'db.system.name': 'postgresql',
      'db.operation.name': name,
      ...(error !== undefined && { 'error.type': error }),
    })
    if (count > 0) retries.add(count)
    addPart(
      `postgresql ${name}`,
      { 'db.system.name': 'postgresql', 'db.operation.name': name },
      Date.now() - seconds * 1000,
      error !== undefined,
    )
  }
}

/** Returns a function that measures the sizes of written batches, and links the span of each batch to its calls. */
export function observeBatches(meter: Meter): ObserveBatch {
  const sizes = meter.createHistogram('laurel_report_batch_size', {
    description: 'Progress reports that one statement wrote',
    advice: { explicitBucketBoundaries: BATCH_BOUNDARIES },
  })
  return (entries, write) => {
    sizes.record(entries.length)
    const links = linksTo(entries.map(({ call }) => call.trace))
    if (links.length === 0) return write()
    const attributes = { 'laurel.batch.size': entries.length }
    return inSpan('write reports', { kind: 'internal', attributes, links }, write)
  }
}

function observeDatabase(meter: Meter, store: Store): void {
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
    .createObservableUpDownCounter('db.client.connection.count', {
      description: 'Database connections, by state',
      unit: '{connection}',
    })
    .addCallback((result) => {
      for (const state of ['used', 'idle'] as const)
        result.observe(store.pool[state], { 'db.client.connection.state': state })
    })
  meter
    .createObservableUpDownCounter('db.client.connection.max', {
      description: 'Maximum number of database connections',
      unit: '{connection}',
    })
    .addCallback((result) => result.observe(store.pool.max))
  meter
    .createObservableUpDownCounter('db.client.connection.pending_requests', {
      description: 'Calls that wait for a database connection',
      unit: '{request}',
    })
    .addCallback((result) => result.observe(store.pool.waiting))
}

function observeReports(
  meter: Meter,
  {
    progressWriter,
    progressPages,
    definitions,
  }: Pick<Services, 'progressWriter' | 'progressPages' | 'definitions'>,
): void {
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
    .createObservableCounter('laurel_cache_lookups', {
      description: 'Lookups of the caches in this process, by result',
    })
    .addCallback((result) => {
      const caches: Readonly<Record<string, CacheLookups>> = {
        definitions: definitions.lookups,
        progress: progressWriter.counts.cached,
        progress_pages: progressPages.lookups,
      }
      for (const [cache, { hits, misses }] of Object.entries(caches)) {
        result.observe(hits, { cache, result: 'hit' })
        result.observe(misses, { cache, result: 'miss' })
      }
    })
}

function observeImports(
  meter: Meter,
  { importTotals: totals, lazyPulls }: Pick<Services, 'importTotals' | 'lazyPulls'>,
): void {
  meter
    .createObservableCounter('laurel_lazy_pulls', {
      description: 'Players read from the lazy sources of migration jobs, and calls that did not wait longer',
    })
    .addCallback((result) => {
      for (const [name, count] of Object.entries(lazyPulls.counts)) result.observe(count, { result: name })
    })
  meter
    .createObservableCounter('laurel_migration_records', {
      description: 'Records that migration jobs have read, by result',
    })
    .addCallback((result) => {
      for (const [name, count] of Object.entries(totals.records)) result.observe(count, { result: name })
    })
  meter
    .createObservableCounter('laurel_migration_parts', {
      description: 'Transactions of migration jobs',
    })
    .addCallback((result) => result.observe(totals.parts))
  meter
    .createObservableCounter('laurel_migration_pauses', {
      description: 'Time that migration jobs have waited because callers reported progress',
      unit: 's',
    })
    .addCallback((result) => result.observe(totals.pausedSeconds))
}

function observeDeliveries(meter: Meter, relay: Relay): void {
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

/**
 * Reads the destinations and the database's clock with each scrape. While the database is away or busy, their series are
 * missing. Due times of deliveries are the database's, times of reports this server's.
 */
function observeStored(meter: Meter, { store, now }: Pick<Services, 'store' | 'now'>): void {
  const age = meter.createObservableGauge('laurel_destination_oldest_waiting_age', {
    description: 'Age of the oldest event that waits for a destination; 0 if none waits',
    unit: 's',
  })
  const paused = meter.createObservableGauge('laurel_destination_paused', {
    description: 'Whether a destination is paused: 1 if it is',
  })
  const clockDifference = meter.createObservableGauge('laurel_clock_difference', {
    description: "How far this server's clock is ahead of the database's",
    unit: 's',
  })
  meter.addBatchObservableCallback(
    async (result) => {
      const signal = AbortSignal.timeout(MAX_SCRAPE_MILLISECONDS)
      const stored = await store
        .read(signal, async (queries) => {
          const start = now()
          const time = await queries.databaseClock.read()
          const difference = (start + now()) / 2n - time
          return { difference, backlogs: await queries.deliveryBacklogs.list() }
        })
        .catch(() => undefined)
      if (stored === undefined) return
      result.observe(clockDifference, secondsOf(stored.difference))
      for (const { titleId, destinationId, paused: isPaused, oldestTime } of stored.backlogs) {
        const labels = { title_id: titleId, destination_id: destinationId }
        const ticks = oldestTime === undefined ? 0n : now() - oldestTime
        result.observe(age, Math.max(0, secondsOf(ticks)), labels)
        result.observe(paused, isPaused ? 1 : 0, labels)
      }
    },
    [age, paused, clockDifference],
  )
}

function secondsOf(ticks: bigint): number {
  return Number(ticks) / Number(TICKS_PER_SECOND)
}
