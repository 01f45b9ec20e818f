import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../dialect/refusal.ts'
import type { EndedCall, ObserveCall } from '../telemetry/calls.ts'
import { observeResponse } from '../telemetry/observed-response.ts'
import type { CallTrace } from '../telemetry/spans.ts'
import { codeOfStatus, failureOf } from './failures.ts'

/** A call as far as it is known before it ends. */
interface Observed {
  principal: string | undefined
  error: unknown
  readonly trace: CallTrace | undefined
}

const calls = new WeakMap<FastifyRequest, Observed>()

/** Reports a call once its response is sent or its client has left. Returns the record to fill meanwhile. */
export function observeCall(
  onCall: ObserveCall,
  call: Pick<EndedCall, 'system' | 'method'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Observed {
  const trace = observeResponse(onCall, call, request, reply.raw, (isSent) => ({
    code: codeOf(observed.error, isSent),
    principal: observed.principal,
    error: observed.error,
  }))
  const observed: Observed = { principal: undefined, error: undefined, trace }
  calls.set(request, observed)
  return observed
}

/** Notes the failure of an observed call. */
export function noteFailure(request: FastifyRequest, error: unknown): void {
  const observed = calls.get(request)
  if (observed !== undefined) observed.error = error
}

function codeOf(error: unknown, isSent: boolean): string {
  if (!isSent) return 'CANCELLED'
  if (error === undefined) return 'OK'
  if (error instanceof Refusal) return codeOfStatus(error.status)
  const failure = failureOf(error)
  return failure.error?.code.toUpperCase() ?? codeOfStatus(failure.status)
}
