import type { handleUnaryCall } from '@grpc/grpc-js'
import type { Call } from '../service/services.ts'
import { callOf, type Wire } from './call.ts'
import { logFault } from './fault.ts'
import { toServiceError } from './status.ts'

/** Serves one request with one response. Whatever the handler throws becomes a status: see `status.ts`. */
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
