import {
  type Attributes,
  type Context,
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** The span of a running call, and the context that its parts belong to. */
export interface CallTrace {
  readonly span: Span
  readonly context: Context
  /** The value of a `traceparent` header, to store it. Undefined if the call is not recorded. */
  readonly traceParent: string | undefined
}

/** A span of a part of a call, ended by its owner. */
export interface PartOptions {
  readonly kind: 'client' | 'internal'
  readonly attributes: Attributes
  /** Set for a part of no running call: spans of calls that caused it. */
  readonly links?: readonly Link[]
  /** Set for work that follows from calls long ago: their stored traces. It is a part of the first, and linked to the others. */
  readonly causes?: readonly string[]
}

const KINDS = { client: SpanKind.CLIENT, internal: SpanKind.INTERNAL }
/** Of one span; the specification's own limit. */
const MAX_LINKS = 128

/** Undefined while traces are off: then every function here returns at once. */
let tracer: Tracer | undefined

/** The share of traces that begin here and are recorded. Decided before a span is made: it costs more than the rest of a short call. */
let shareOfRoots = 1

/** Turns traces on: the tracer provider has been registered. @param share of the traces that begin here, from 0 to 1 */
export function turnOnTraces(share: number): void {
  shareOfRoots = share
  tracer = trace.getTracer('laurel')
}

function isRootLeftOut(): boolean {
  return shareOfRoots < 1 && Math.random() >= shareOfRoots
}

/** Starts the span of a call, a child of the caller's. Undefined for a call that is not recorded. @param header returns a header by its lower-case name */
export function startCallTrace(
  system: string,
  method: string,
  header: (name: string) => string | undefined,
): CallTrace | undefined {
  if (tracer === undefined) return undefined
  const parent = header('traceparent')
    ? propagation.extract(ROOT_CONTEXT, header, { get: (carrier, key) => carrier(key), keys: () => [] })
    : ROOT_CONTEXT
  // A malformed header names no trace.
  if (trace.getSpanContext(parent) === undefined && isRootLeftOut()) return undefined
  const attributes = { 'rpc.system.name': system, 'rpc.method': method }
  const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent)
  const callContext = trace.setSpan(parent, span)
  const { traceparent } = span.isRecording() ? headersOf(callContext) : {}
  return { span, context: callContext, traceParent: traceparent }
}

/** Ends the span of a call. @param code the name of the gRPC status; an error is only what the server is to blame for */
export function endCallTrace({ span }: CallTrace, code: string, isFault: boolean): void {
  span.setAttribute('rpc.response.status_code', code)
  if (isFault) span.setStatus({ code: SpanStatusCode.ERROR, message: code }).setAttribute('error.type', code)
  span.end()
}

/** Runs work as a part of a call: spans that it starts are children of the call's. */
export function inTrace<Result>(callTrace: CallTrace | undefined, work: () => Result): Result {
  return callTrace === undefined ? work() : context.with(callTrace.context, work)
}

/** Returns the trace id of a recorded call, for logs. */
export function traceIdOf(callTrace: CallTrace | undefined): string | undefined {
  return callTrace?.span.spanContext().traceId
}

/** Runs work in a span of the running call, or in one of its own if it has links. Work gets undefined while traces are off. */
export async function inSpan<Result>(
  name: string,
  { kind, attributes, links, causes }: PartOptions,
  work: (span: Span | undefined) => Promise<Result>,
): Promise<Result> {
  if (tracer === undefined) return work(undefined)
  const [cause, ...otherCauses] = causes ?? []
  const root = links === undefined && causes === undefined ? context.active() : ROOT_CONTEXT
  const parent = cause === undefined ? root : storedContext(cause)
  const allLinks = [...(links ?? []), ...otherCauses.flatMap(linksToStored)]
  const isRoot = allLinks.length === 0 && trace.getSpanContext(parent) === undefined
  if (isRoot && isRootLeftOut()) return work(undefined)
  const options = { kind: KINDS[kind], attributes, links: allLinks.slice(0, MAX_LINKS) }
  const span = tracer.startSpan(name, options, parent)
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span))
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', nameOf(error))
    throw error
  } finally {
    span.end()
  }
}

/** Adds a finished part to the running call. */
export function addPart(name: string, attributes: Attributes, startTime: number, isError: boolean): void {
  if (tracer === undefined || trace.getSpan(context.active())?.isRecording() !== true) return
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, startTime })
  if (isError) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/** Returns links to the recorded ones of these calls. */
export function linksTo(traces: Iterable<CallTrace | undefined>): readonly Link[] {
  if (tracer === undefined) return []
  return [...traces].flatMap((callTrace) =>
    callTrace?.span.isRecording() ? [{ context: callTrace.span.spanContext() }] : [],
  )
}

/** Returns the headers that make the called server's spans children of the running one's. */
export function traceHeaders(): TraceHeaders {
  return tracer === undefined ? {} : headersOf(context.active())
}

type TraceHeaders = Readonly<Record<string, string>>

function headersOf(ofContext: Context): TraceHeaders {
  const headers: Record<string, string> = {}
  propagation.inject(ofContext, headers)
  return headers
}

function storedContext(traceParent: string): Context {
  return propagation.extract(ROOT_CONTEXT, { traceparent: traceParent })
}

function linksToStored(traceParent: string): readonly Link[] {
  const spanContext = trace.getSpanContext(storedContext(traceParent))
  return spanContext === undefined ? [] : [{ context: spanContext }]
}

export function areTracesOn(): boolean {
  return tracer !== undefined
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error'
}
