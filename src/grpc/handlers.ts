import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js'
import type { Call } from '../service/call.ts'
import { callOf, type Wire } from './call.ts'
import { logFault, toServiceError } from './status.ts'

/** Serves one request with one response. An error of the handler becomes a status: see `status.ts`. */
export function unary<Request extends object, Response>(
  wire: Wire,
  handler: (request: Request, call: Call) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    response().then(
      (response) => {
        respond(null, response)
      },
      (error: unknown) => {
        logFault(wire.log, call, error, call.request)
        respond(toServiceError(error))
      },
    )

    async function response(): Promise<Response> {
      return handler(call.request, callOf(call))
    }
  }
}

/** The timeout for a caller that does not read. */
export interface StreamTimeout<Response> {
  /** The maximum time to send one response. */
  readonly milliseconds: number
  /** Returns the error that ends the stream; `last` is the last sent response. */
  readonly end: (last: Response | undefined) => Error
}

/** Serves one request with a stream of responses. Waits for a slow caller until the timeout. */
export function serverStream<Request extends object, Response>(
  wire: Wire,
  handler: (request: Request, call: Call) => AsyncIterable<Response>,
  timeout?: StreamTimeout<Response>,
): handleServerStreamingCall<Request, Response> {
  return (stream) => serve(wire, stream, (call) => handler(stream.request, call), timeout)
}

/** Serves a stream of requests with a stream of responses. Requests are read when the handler pulls them. */
export function bidiStream<Request, Response>(
  wire: Wire,
  handler: (requests: AsyncIterable<Request>, call: Call) => AsyncIterable<Response>,
): handleBidiStreamingCall<Request, Response> {
  // A handler that stops reading early must not end the call with its iterator.
  return (stream) => serve(wire, stream, (call) => handler(stream.iterator({ destroyOnReturn: false }), call))
}

function serve<Request, Response>(
  wire: Wire,
  stream: ServerWritableStream<Request, Response> | ServerDuplexStream<Request, Response>,
  responses: (call: Call) => AsyncIterable<Response>,
  timeout?: StreamTimeout<Response>,
): void {
  respond().catch((error: unknown) => {
    if (stream.cancelled) return
    logFault(wire.log, stream, error)
    stream.emit('error', toServiceError(error))
  })

  async function respond(): Promise<void> {
    const call = callOf(stream)
    let last: Response | undefined
    for await (const response of responses(call)) {
      call.signal.throwIfAborted()
      await within(timeout, last, written(stream, response, call.signal))
      last = response
    }
    stream.end()
  }
}

/** @throws the timeout's error. */
async function within<Response>(
  timeout: StreamTimeout<Response> | undefined,
  last: Response | undefined,
  writing: Promise<void>,
): Promise<void> {
  if (timeout === undefined) return writing
  let timer: NodeJS.Timeout | undefined
  const lost = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeout.end(last)), timeout.milliseconds)
  })
  try {
    await Promise.race([writing, lost])
  } finally {
    clearTimeout(timer)
    writing.catch(() => {})
  }
}

/**
 * Waits until a response is sent, so that a slow reader suspends the handler and no queue grows.
 * @throws AbortError if the caller cancels.
 */
function written<Response>(
  stream: { write(response: Response, written: (error?: Error | null) => void): boolean },
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    stream.write(response, () => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) reject(signal.reason)
      else resolve()
    })
  })
}
