import { hash } from 'node:crypto'
import { LaurelError } from '../model/errors.ts'
import { pack, unpack } from '../model/packed.ts'
import type { Queries } from '../store/queries.ts'
import type { Call, Services } from './services.ts'

/** Equal for equal requests; the request id itself is no part of it. */
export function requestDigest(operation: string, request: object): string {
  const payload = pack([operation, { ...request, requestId: undefined }])
  return hash('sha256', payload, 'base64url')
}

export function requestIdReused(requestId: string): LaurelError {
  const message = `request_id ${requestId} was used for another request: take a new one`
  return new LaurelError('failed_precondition', 'REQUEST_ID_REUSED', message, { metadata: { requestId } })
}

/**
 * Runs a mutation of definitions in one transaction. With a request id it happens once: the same request again
 * gets the first answer, another one under the same id is refused.
 */
export async function mutateIdempotently<Result>(
  services: Services,
  operation: string,
  request: { readonly requestId: string | undefined },
  call: Call,
  run: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  const { requestId } = request
  return services.store.write(call.signal, async (queries) => {
    if (requestId === undefined) return run(queries)
    const digest = requestDigest(operation, request)
    const stored = await queries.idempotency.claimForDefinitions(requestId, digest, services.now())
    if (stored !== undefined) {
      if (stored.fingerprint !== digest) throw requestIdReused(requestId)
      return unpack<{ result: Result }>(stored.response).result
    }
    const result = await run(queries)
    await queries.idempotency.storeForDefinitions(requestId, pack({ result }))
    return result
  })
}
