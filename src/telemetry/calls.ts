import type { Meter } from '@opentelemetry/api'
import { LaurelError } from '../model/errors.ts'
import type { Logger } from './log.ts'
import { type CallTrace, endCallTrace, traceIdOf } from './spans.ts'
import { StormLimit } from './storm-limit.ts'

/** A call that was answered, refused, or abandoned by its caller. */
export interface EndedCall {
  /** The wire: `grpc`, `connectrpc`, `sse`, or the dialect of a platform's API. */
  readonly system: string
  /** The RPC or route, never a caller's text: it is an attribute of metrics. */
  readonly method: string
  /** The name of the gRPC status: `OK`, `NOT_FOUND`. */
  readonly code: string
  /** The name of the authenticated caller; undefined if it was refused before. */
  readonly principal: string | undefined
  /** From `performance.now()`. */
  readonly startTime: number
  /** Undefined for success. The cause of `INTERNAL` is logged with its stack. */
  readonly error?: unknown
  readonly requestId?: string | undefined
  /** Undefined while traces are off. */
  readonly trace?: CallTrace | undefined
  /** Returns the caller's `traceparent` header, which only a line of the log needs. */
  readonly traceParent?: () => string | undefined
}

export type ObserveCall = (call: EndedCall) => void

/** Seconds. */
export const DURATION_BOUNDARIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Lines of one method, status and reason. */
const LINES_PER_MINUTE = 10
/** The server is at fault, or cannot serve at the moment. */
const FAULTS: ReadonlySet<string> = new Set(['INTERNAL', 'UNKNOWN', 'DATA_LOSS'])
const TROUBLE: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'])
const MESSAGES = {
  error: 'a call failed',
  warn: 'a call could not be served',
  info: 'a call was refused',
}
/** The caller left. */
const CANCELLED = 'CANCELLED'

/**
 * Returns a function that measures each ended call and logs it in one line: defects at `error`, calls that failed at `warn`,
 * refused ones at `info`, others at `debug`. It writes neither the request nor the response.
 */
export function createCallObserver(log: Logger, meter: Meter): ObserveCall {
  const durations = meter.createHistogram('rpc.server.call.duration', {
    description: 'Duration of calls, by method and status',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BOUNDARIES },
  })
  const limit = new StormLimit(LINES_PER_MINUTE)
  const isDebug = log.isLevelEnabled('debug')

  return (call) => {
    const seconds = (performance.now() - call.startTime) / 1000
    durations.record(seconds, {
      'rpc.system.name': call.system,
      'rpc.method': call.method,
      'rpc.response.status_code': call.code,
    })
    const level = levelOf(call.code)
    if (call.trace !== undefined) endCallTrace(call.trace, call.code, level === 'error' || level === 'warn')
    if (level === 'debug') {
      if (isDebug) log.debug(lineOf(call, seconds, 0), 'a call ended')
      return
    }
    const { reason } = errorFacts(call.error)
    const omitted = limit.admit(`${call.method} ${call.code} ${reason}`)
    if (omitted === undefined) return
    log[level](lineOf(call, seconds, omitted), MESSAGES[level])
  }
}

function levelOf(code: string): 'debug' | 'info' | 'warn' | 'error' {
  if (code === 'OK' || code === CANCELLED) return 'debug'
  if (FAULTS.has(code)) return 'error'
  return TROUBLE.has(code) ? 'warn' : 'info'
}

function lineOf(call: EndedCall, seconds: number, omitted: number): object {
  const { system, method, code, principal, requestId, error, trace, traceParent } = call
  return {
    system,
    method,
    code,
    principal,
    requestId,
    ...errorFacts(error),
    traceId: traceIdOf(trace) ?? /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceParent?.() ?? '')?.[1],
    durationMilliseconds: Math.round(seconds * 1e5) / 100,
    // Lines of the same method, status and reason that were not written.
    ...(omitted > 0 && { omitted }),
  }
}

/** Returns the reason of a refusal, or a defect with its stack. A refusal's message can quote the request, so it is not logged. */
function errorFacts(error: unknown): { readonly reason?: string; readonly err?: unknown } {
  if (error === undefined) return {}
  if (!(error instanceof LaurelError)) return isExpected(error) ? {} : { err: error }
  return { reason: error.reason, ...(error.cause !== undefined && { cause: messageOf(error.cause) }) }
}

/** Whether an error is a protocol's own or a cancellation: its status says it all. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && ['AbortError', 'ConnectError', 'Refusal'].includes(error.name)
}

function messageOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.message : undefined
}
