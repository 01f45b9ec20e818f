import type { ServerResponse } from 'node:http'
import { createContextKey, type HandlerContext } from '@connectrpc/connect'
import type { Call } from '../../service/call.ts'
import type { OpenCall } from '../../service/call-limiter.ts'
import { authenticatedCall, callKindOf, operationOf, type Wire } from '../call.ts'
import { toConnectError } from './errors.ts'
import { noteFailure, OBSERVED } from './observed-call.ts'
import { checkQuery } from './request.ts'

/** A call whose caller is authenticated, and which counts as open. */
interface AdmittedCall extends Call {
  readonly counted: OpenCall
}

export const RESPONSE = createContextKey<ServerResponse | undefined>(undefined)
const ADMITTED = createContextKey<AdmittedCall | undefined>(undefined)

/** Returns Connect's gate, which runs before the body of a request is read: it authenticates the caller and counts the call as open. */
export function createGate(wire: Wire): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    const { method, requestHeader, signal, url, values } = context
    try {
      const header = (name: string) => requestHeader.get(name) ?? undefined
      const operation = operationOf(`/${method.parent.typeName}/${method.name}`)
      const address = () => values.get(RESPONSE)?.socket?.remoteAddress
      const observed = values.get(OBSERVED)
      const source = { operation, address }
      const call = await authenticatedCall(wire.authenticate, header, source, signal, observed?.trace)
      signal.throwIfAborted()
      const kind = callKindOf(`/${method.name}`, method.methodKind !== 'unary')
      if (observed !== undefined) observed.call = call
      const counted = wire.limiter.open(call.principal, kind)
      values.get(RESPONSE)?.once('close', () => counted.close())
      values.set(ADMITTED, { ...call, counted })
      if (context.requestMethod === 'GET') checkQuery(method, url)
    } catch (error) {
      noteFailure(values, error)
      throw toConnectError(error)
    }
  }
}

export function admittedCallOf({ values }: Pick<HandlerContext, 'values'>): AdmittedCall {
  const call = values.get(ADMITTED)
  if (call === undefined) throw new Error('a handler was called without admission')
  return call
}
