import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EndedCall, ObserveCall } from './calls.ts'
import { type CallTrace, startCallTrace } from './spans.ts'

/** The result of a call over HTTP. */
type Result = Pick<EndedCall, 'code' | 'principal' | 'error' | 'requestId'>

/**
 * Starts the trace of a call over HTTP, and reports the call once its response is sent or its client has left.
 * @param resultOf called then; `isSent` is false if the client has left before
 */
export function observeResponse(
  onCall: ObserveCall,
  { system, method }: Pick<EndedCall, 'system' | 'method'>,
  { headers }: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  resultOf: (isSent: boolean) => Result,
): CallTrace | undefined {
  const startTime = performance.now()
  const header = (name: string) => headers[name]?.toString()
  const trace = startCallTrace(system, method, header)
  response.once('close', () =>
    onCall({
      system,
      method,
      startTime,
      trace,
      ...resultOf(response.writableFinished),
      traceParent: () => header('traceparent'),
    }),
  )
  return trace
}
