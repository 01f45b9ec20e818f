import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Meter, metrics } from '@opentelemetry/api'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { MeterProvider } from '@opentelemetry/sdk-metrics'

/** Serves the metrics of this process in the Prometheus format. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Registers a meter provider. Returns undefined if an OpenTelemetry SDK loaded with `--import` has registered one before:
 * that SDK exports the metrics.
 */
export function startMetrics(): MetricsHandler | undefined {
  const exporter = new PrometheusExporter({ preventServerStart: true })
  const registered = metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }))
  return registered ? (request, response) => exporter.getMetricsRequestHandler(request, response) : undefined
}

export function laurelMeter(): Meter {
  return metrics.getMeter('laurel')
}
