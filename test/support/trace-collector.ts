import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { parse } from 'protobufjs'

/** The part of OTLP that the tests read: https://github.com/open-telemetry/opentelemetry-proto */
const PROTO = `
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { repeated ScopeSpans scope_spans = 2; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
    repeated KeyValue attributes = 9; repeated Link links = 13;
  }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`

export interface CollectedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** Trace and span ids, joined by a hyphen. */
  readonly links: readonly string[]
}

export interface TraceCollector extends AsyncDisposable {
  /** The value of `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string
  readonly spans: readonly CollectedSpan[]
}

/** Starts a collector of traces, which takes OTLP over HTTP as other companies' collectors do. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const type = parse(PROTO, { keepCase: false }).root.lookupType('Request')
  const spans: CollectedSpan[] = []
  const server = createServer(async (request, response) => {
    const message = type.toObject(type.decode(await buffer(request)), {
      longs: Number,
      bytes: Buffer,
      arrays: true,
    })
    if (request.url === '/v1/traces') spans.push(...(message as RawRequest).resourceSpans.flatMap(spansOf))
    response.setHeader('content-type', 'application/x-protobuf').end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface RawSpan {
  readonly name: string
  readonly traceId: Buffer
  readonly spanId: Buffer
  readonly parentSpanId?: Buffer
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
  readonly links: readonly { readonly traceId: Buffer; readonly spanId: Buffer }[]
}

interface RawRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[]
  }[]
}

function spansOf({ scopeSpans }: RawRequest['resourceSpans'][number]): CollectedSpan[] {
  const hex = (bytes: Buffer | undefined) => bytes?.toString('hex') ?? ''
  return scopeSpans.flatMap(({ spans }) =>
    spans.map(({ name, traceId, spanId, parentSpanId, attributes, links }) => ({
      name,
      traceId: hex(traceId),
      spanId: hex(spanId),
      parentSpanId: hex(parentSpanId),
      attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
      links: links.map((link) => `${hex(link.traceId)}-${hex(link.spanId)}`),
    })),
  )
}
