const SAMPLERS = [
  ...(['always_on', 'always_off', 'traceidratio', 'parentbased_always_on'] as const),
  ...(['parentbased_always_off', 'parentbased_traceidratio'] as const),
] as const

export type SamplerName = (typeof SAMPLERS)[number]

/** The standard variables of OpenTelemetry that its exporter does not read itself. */
export interface TracingSettings {
  /** `OTEL_TRACES_SAMPLER`; by default the caller decides, and traces that begin here are all recorded. */
  readonly sampler: SamplerName
  /** `OTEL_TRACES_SAMPLER_ARG`: the share of traces, for samplers by ratio. */
  readonly ratio: number
}

type Environment = Readonly<Record<string, string | undefined>>

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']

/** Returns undefined unless an exporter or its endpoint is set, or if traces are turned off by name. */
export function readTracingSettings(env: Environment): TracingSettings | undefined {
  const exporter = env['OTEL_TRACES_EXPORTER'] || (ENDPOINTS.some((name) => env[name]) ? 'otlp' : 'none')
  if (env['OTEL_SDK_DISABLED'] === 'true' || exporter === 'none') return undefined
  return {
    sampler: (env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on') as SamplerName,
    ratio: Number(env['OTEL_TRACES_SAMPLER_ARG'] || 1),
  }
}

export function problemWithTracing(settings: TracingSettings | undefined): string | undefined {
  if (settings === undefined) return undefined
  if (!SAMPLERS.includes(settings.sampler)) return `OTEL_TRACES_SAMPLER must be one of ${SAMPLERS.join(', ')}`
  if (settings.ratio >= 0 && settings.ratio <= 1) return undefined
  return 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1'
}
