import { context, propagation, trace } from '@opentelemetry/api'
import type { Sampler } from '@opentelemetry/sdk-trace'
import { type Instance, instanceAttributes } from './metrics.ts'
import { turnOnTraces } from './spans.ts'
import type { SamplerName, TracingSettings } from './tracing-settings.ts'

type TraceSdk = typeof import('@opentelemetry/sdk-trace')

const SAMPLERS: Readonly<Record<SamplerName, (sdk: TraceSdk, ratio: number) => Sampler>> = {
  always_on: (sdk) => new sdk.AlwaysOnSampler(),
  always_off: (sdk) => new sdk.AlwaysOffSampler(),
  traceidratio: (sdk, ratio) => new sdk.TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: (sdk) => new sdk.ParentBasedSampler({ root: new sdk.AlwaysOnSampler() }),
  parentbased_always_off: (sdk) => new sdk.ParentBasedSampler({ root: new sdk.AlwaysOffSampler() }),
  parentbased_traceidratio: (sdk, ratio) =>
    new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio) }),
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
    sampler: SAMPLERS[sampler](sdk, ratio),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  turnOnTraces()
  return () => provider.shutdown()
}
