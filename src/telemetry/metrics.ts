import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Meter, metrics } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

/** Where a process's numbers are read, in the format of Prometheus. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Starts to count. Whoever loaded an SDK of their own by `--import` has registered a provider before: theirs counts
 * then, and there is nothing to read here.
 */
export function startMetrics(): MetricsHandler | undefined {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const registered = metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }))
  return registered ? (request, response) => exporter.getMetricsRequestHandler(request, response) : undefined
}

/** What Laurel counts by. */
export function laurelMeter(): Meter {
  return metrics.getMeter('laurel')
}
