import { Code, type ConnectError, type ContextValues, createContextKey } from '@connectrpc/connect'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Call } from '../../service/call.ts'
import { type CallTrace, startCallTrace } from '../../telemetry/spans.ts'
import type { Wire } from '../call.ts'
import { requestIdOf } from '../status.ts'
import { toConnectError } from './errors.ts'

/** The facts that a call has gathered when it ends. */
interface Observed {
  call: Call | undefined
  error: unknown
  requestId: string | undefined
  readonly trace: CallTrace | undefined
}

export const OBSERVED = createContextKey<Observed | undefined>(undefined)

/** Reports a call to `wire.onCall` once its response is sent or its caller has left. Returns the record to fill meanwhile. */
export function observeCall(
  wire: Wire,
  path: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Observed {
  const startTime = performance.now()
  const trace = startCallTrace('connectrpc', path.slice(1), (name) => request.headers[name]?.toString())
  const observed: Observed = { call: undefined, error: undefined, requestId: undefined, trace }
  reply.raw.once('close', () => {
    const { call, error, requestId } = observed
    wire.onCall({
      system: 'connectrpc',
      method: path.slice(1),
      code: statusName(error, reply.raw.writableFinished),
      principal: call?.principal.name,
      startTime,
      ...{ error, requestId, trace },
      traceParent: () => request.headers['traceparent']?.toString(),
    })
  })
  return observed
}

/** Notes the first failure of a call. */
export function noteFailure(values: ContextValues, error: unknown, request?: unknown): void {
  const observed = values.get(OBSERVED)
  if (observed === undefined || observed.error !== undefined) return
  observed.error = error
  observed.requestId = requestIdOf(request)
}

/** Returns gRPC's name of the status: Connect numbers the codes alike. */
function statusName(error: unknown, isSent: boolean): string {
  if (error === undefined) return isSent ? 'OK' : 'CANCELLED'
  const { code }: ConnectError = toConnectError(error)
  return code === Code.Canceled
    ? 'CANCELLED'
    : (Code[code] as string).replace(/(?<=[a-z])[A-Z]/g, '_$&').toUpperCase()
}
