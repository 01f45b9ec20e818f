import { context, propagation, trace } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { type Instance, instanceAttributes } from './metrics.ts'
import { turnOnTraces } from './spans.ts'
import type { SamplerName, TracingSettings } from './tracing-settings.ts'

type TraceSdk = typeof import('@opentelemetry/sdk-trace')

/** Traces that begin here are chosen before a span is made, by this share; the SDK's sampler takes all that are. */
const SHARES: Readonly<Record<SamplerName, (ratio: number) => number>> = {
  always_on: () => 1,
  always_off: () => 0,
  traceidratio: () => 1,
  parentbased_always_on: () => 1,
  parentbased_always_off: () => 0,
  parentbased_traceidratio: (ratio) => ratio,
}

function samplerOf(name: SamplerName, ratio: number, sdk: TraceSdk): Sampler {
  if (name === 'always_on') return new sdk.AlwaysOnSampler()
  if (name === 'always_off') return new sdk.AlwaysOffSampler()
  if (name === 'traceidratio') return new sdk.TraceIdRatioBasedSampler(ratio)
  return new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() })
}

/**
 * Exports traces by OTLP over HTTP, to the endpoint and with the headers of `OTEL_EXPORTER_OTLP_...`. The modules are loaded here alone, so
 * that they cost nothing while traces are off. Returns a function that sends the spans that wait.
 */
export async function startTracing(
  { sampler, ratio }: TracingSettings,
  instance: Instance,
): Promise<() => Promise<void>> {
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, core, resources] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-proto'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
      import('@opentelemetry/resources'),
    ])
  const own = resources.resourceFromAttributes(instanceAttributes(instance))
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES come before Laurel's own names.
  const resource = own.merge(resources.detectResources({ detectors: [resources.envDetector] }))
  const provider = new sdk.TracerProvider({
    resource,
    sampler: samplerOf(sampler, ratio, sdk),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  turnOnTraces(SHARES[sampler](ratio))
  return () => provider.shutdown()
}
