import { Code, type ConnectError, type ContextValues, createContextKey } from '@connectrpc/connect'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Call } from '../../service/call.ts'
import { observeResponse } from '../../telemetry/observed-response.ts'
import type { CallTrace } from '../../telemetry/spans.ts'
import type { Wire } from '../call.ts'
import { requestIdOf } from '../status.ts'
import { toConnectError } from './errors.ts'

/** A call as far as it is known before it ends. */
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
  const method = path.slice(1)
  const trace = observeResponse(
    wire.onCall,
    { system: 'connectrpc', method },
    request,
    reply.raw,
    (isSent) => ({
      code: statusName(observed.error, isSent),
      principal: observed.call?.principal.name,
      error: observed.error,
      requestId: observed.requestId,
    }),
  )
  const observed: Observed = { call: undefined, error: undefined, requestId: undefined, trace }
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
