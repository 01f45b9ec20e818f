import { hostname } from 'node:os'
import { type Meter, metrics } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, InstrumentType, MeterProvider } from '@opentelemetry/sdk-metrics'

/** Returns the metrics of a process in the Prometheus text format. */
export type CollectMetrics = () => Promise<string>

/** The process, as OpenTelemetry's resource attributes name it. */
export interface Instance {
  readonly version: string
  /** The number of the worker; undefined if the server is one process. */
  readonly worker: number | undefined
}

/** The event loop's delay is sampled at this interval. */
const LOOP_SAMPLE_MILLISECONDS = 50

/**
 * Registers a meter provider, and measures the process. Returns undefined if an OpenTelemetry SDK loaded with `--import` has
 * registered one before: that SDK exports the metrics.
 */
export function startMetrics(instance: Instance): CollectMetrics | undefined {
  const exporter = new Exporter({ preventServerStart: true })
  const resource = resourceFromAttributes(instanceAttributes(instance))
  const provider = new MeterProvider({ resource, readers: [exporter] })
  if (!metrics.setGlobalMeterProvider(provider)) return undefined
  const runtime = new RuntimeNodeInstrumentation({ monitoringPrecision: LOOP_SAMPLE_MILLISECONDS })
  runtime.setMeterProvider(provider)
  observeProcess(laurelMeter())
  // Each sample names its worker, so that the samples of several do not collide.
  const serializer = new PrometheusSerializer(undefined, false, /^worker$/, false, true)
  const collect = async () => {
    const { resourceMetrics, errors } = await exporter.collect()
    const [error] = errors
    if (error !== undefined) throw error
    return serializer.serialize(resourceMetrics)
  }
  // Scrapes at the same time share one collection: of two, the first to end would take the gauges of both.
  let current: Promise<string> | undefined
  return () => {
    current ??= collect().finally(() => {
      current = undefined
    })
    return current
  }
}

/**
 * Exports the gauges of the last observation alone. By default a gauge that is observed no more, such as the age of a
 * deleted destination, would stay until the process ends, and so would its alert.
 */
class Exporter extends PrometheusExporter {
  override selectAggregationTemporality(type: InstrumentType): AggregationTemporality {
    return type === InstrumentType.OBSERVABLE_GAUGE
      ? AggregationTemporality.DELTA
      : super.selectAggregationTemporality(type)
  }
}

/** Returns the resource attributes of a process. */
export function instanceAttributes({ version, worker }: Instance) {
  return {
    'service.name': 'laurel',
    'service.version': version,
    'service.instance.id': worker === undefined ? hostname() : `${hostname()}/${worker}`,
    ...(worker !== undefined && { worker }),
  }
}

export function laurelMeter(): Meter {
  return metrics.getMeter('laurel')
}

/** Names of OpenTelemetry's conventions for processes. */
function observeProcess(meter: Meter): void {
  meter
    .createObservableCounter('process.cpu.time', { description: 'CPU time of the process', unit: 's' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage()
      result.observe(user / 1e6, { 'cpu.mode': 'user' })
      result.observe(system / 1e6, { 'cpu.mode': 'system' })
    })
  meter
    .createObservableGauge('process.memory.usage', {
      description: 'Resident memory of the process',
      unit: 'By',
    })
    .addCallback((result) => result.observe(process.memoryUsage.rss()))
  meter
    .createObservableGauge('process.uptime', { description: 'Time since the process started', unit: 's' })
    .addCallback((result) => result.observe(process.uptime()))
}
