import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
  UntypedHandleCall,
} from '@grpc/grpc-js'
import type { Call } from '../service/call.ts'
import { inTrace } from '../telemetry/spans.ts'
import { callOf } from './call.ts'
import type {
  BidiStreamHandler,
  Handler,
  ServerStreamHandler,
  StreamTimeout,
  UnaryHandler,
} from './handlers.ts'
import { heldMessagesOf } from './held-messages.ts'
import { toServiceError } from './status.ts'

/** Returns the handler in grpc-js's form. An error of the handler becomes a status: see `status.ts`. */
export function grpcHandler<Request, Response>(handler: Handler<Request, Response>): UntypedHandleCall {
  switch (handler.kind) {
    case 'unary':
      return grpcUnary(handler)
    case 'serverStream':
      return grpcServerStream(handler)
    case 'bidiStream':
      return grpcBidiStream(handler)
  }
}

function grpcUnary<Request, Response>({
  handle,
}: UnaryHandler<Request, Response>): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    response().then(
      (response) => {
        respond(null, response)
      },
      (error: unknown) => {
        respond(toServiceError(error, call.request))
      },
    )

    async function response(): Promise<Response> {
      const admitted = callOf(call)
      return inTrace(admitted.trace, () => handle(call.request, admitted))
    }
  }
}

/** Waits for a slow caller until the timeout. */
function grpcServerStream<Request, Response>({
  handle,
  timeout,
}: ServerStreamHandler<Request, Response>): handleServerStreamingCall<Request, Response> {
  return (stream) => serve(stream, (call) => handle(stream.request, call), timeout)
}

function grpcBidiStream<Request, Response>({
  handle,
}: BidiStreamHandler<Request, Response>): handleBidiStreamingCall<Request, Response> {
  return (stream) => serve(stream, (call) => handle(messagesOf(stream), call))
}

/** Yields the messages of a stream. Each is read when the handler asks for it. */
async function* messagesOf<Request>(
  stream: ServerDuplexStream<Request, unknown>,
): AsyncGenerator<Request, void, undefined> {
  const counted = heldMessagesOf(stream)
  const { _readableState: state } = stream as unknown as { _readableState: { highWaterMark: number } }
  // By default Node reads 16 messages ahead, of any size. grpc-js has no option for it.
  state.highWaterMark = 0
  // A handler that stops reading early must not end the call with its iterator.
  for await (const message of stream.iterator({ destroyOnReturn: false })) {
    yield message
    counted?.release()
  }
}

function serve<Request, Response>(
  stream: ServerWritableStream<Request, Response> | ServerDuplexStream<Request, Response>,
  responses: (call: Call) => AsyncIterable<Response>,
  timeout?: StreamTimeout<Response>,
): void {
  respond().catch((error: unknown) => {
    if (stream.cancelled) return
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
