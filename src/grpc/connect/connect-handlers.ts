import type { DescMethod, Message } from '@bufbuild/protobuf'
import { Code, ConnectError, type HandlerContext, type MethodImpl } from '@connectrpc/connect'
import { inTrace } from '../../telemetry/spans.ts'
import type { ServerStreamHandler, StreamTimeout, UnaryHandler } from '../handlers.ts'
import type { Rpc } from '../services.ts'
import { admittedCallOf, RESPONSE } from './admission.ts'
import { toConnectError } from './errors.ts'
import { decode, encode } from './messages.ts'
import { noteFailure } from './observed-call.ts'

/** Returns the handler of an RPC in Connect's form; undefined for an RPC that streams both ways. */
export function connectHandler(rpc: Rpc, type: DescMethod): MethodImpl<DescMethod> | undefined {
  const { handler } = rpc
  if (handler.kind === 'bidiStream') return undefined
  return handler.kind === 'unary' ? connectUnary(handler, rpc, type) : connectServerStream(handler, rpc, type)
}

function connectUnary(
  { handle }: UnaryHandler<unknown, unknown>,
  rpc: Rpc,
  type: DescMethod,
): MethodImpl<DescMethod> {
  return (async (message: Message, context: HandlerContext) => {
    let request: unknown
    try {
      const call = admittedCallOf(context)
      await call.counted.turn(call.signal)
      request = decode(rpc, type, message)
      const response = await inTrace(call.trace, () => handle(request, call))
      call.counted.endTurn()
      return encode(rpc, type, response)
    } catch (error) {
      throw failureOf(context, error, request)
    }
  }) as MethodImpl<DescMethod>
}

function connectServerStream(
  { handle, timeout }: ServerStreamHandler<unknown, unknown>,
  rpc: Rpc,
  type: DescMethod,
): MethodImpl<DescMethod> {
  return async function* (message: Message, context: HandlerContext) {
    try {
      const call = admittedCallOf(context)
      for await (const response of handle(decode(rpc, type, message), call)) {
        call.signal.throwIfAborted()
        const timer = startTimeout(timeout, context)
        try {
          // Connect pulls the next response when this one is sent.
          yield encode(rpc, type, response)
        } finally {
          clearTimeout(timer)
        }
      }
    } catch (error) {
      throw failureOf(context, error)
    }
  } as MethodImpl<DescMethod>
}

/** Closes the connection of a caller that does not read: it would not read an error either. */
function startTimeout(
  timeout: StreamTimeout<unknown> | undefined,
  { values }: HandlerContext,
): NodeJS.Timeout | undefined {
  return timeout && setTimeout(() => values.get(RESPONSE)?.destroy(), timeout.milliseconds)
}

function failureOf({ signal, values }: HandlerContext, error: unknown, request?: unknown): ConnectError {
  const { aborted, reason } = signal
  const isLate = aborted && reason instanceof ConnectError
  const cause = isLate ? reason : aborted ? new ConnectError('the call was cancelled', Code.Canceled) : error
  noteFailure(values, cause, request)
  return toConnectError(cause)
}
