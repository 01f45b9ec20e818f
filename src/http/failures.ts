import { DecodeError } from '../dialect/decode-error.ts'
import { JsonSyntaxError } from '../dialect/json-text.ts'
import { formatPath } from '../dialect/losses.ts'
import { type ErrorCode, LaurelError } from '../model/errors.ts'
import type { JsonObject } from '../model/json.ts'
import { wireName } from '../model/wire-name.ts'
import type { Failure } from './gateway.ts'

/** The HTTP status of each code. `codeOfStatus` returns the first code of a status. */
const STATUSES: Readonly<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  out_of_range: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  aborted: 409,
  already_exists: 409,
  failed_precondition: 422,
  resource_exhausted: 429,
  cancelled: 499,
  unimplemented: 501,
  unavailable: 503,
  deadline_exceeded: 504,
}

/** Returns the name of the gRPC status of an HTTP status that a platform's API or the framework responds with. */
export function codeOfStatus(status: number): string {
  if (status === 500) return 'INTERNAL'
  if (status === 412) return 'FAILED_PRECONDITION'
  const found = Object.entries(STATUSES).find(([, value]) => value === status)
  return (found?.[0] ?? 'invalid_argument').toUpperCase()
}

/** Returns the HTTP failure for an error. A defect of Laurel becomes a 500 without details. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LaurelError) return { status: STATUSES[error.code], error }
  if (error instanceof JsonSyntaxError) {
    return { status: 400, error: new LaurelError('invalid_argument', 'DOCUMENT_MALFORMED', error.message) }
  }
  if (error instanceof DecodeError) {
    const field = formatPath(error.path)
    const violations = [{ field, message: error.problem }]
    const message = `${field}: ${error.problem}`
    return {
      status: 400,
      error: new LaurelError('invalid_argument', 'INVALID_FIELD', message, { violations }),
    }
  }
  // The framework's own errors have a status: a body that is too large, a malformed path.
  const { statusCode = 500 } = error as { readonly statusCode?: number }
  return { status: Math.min(statusCode, 500), error: undefined }
}

interface Problem extends JsonObject {
  readonly error: string
  readonly reason: string
}

/** Returns an error as the host's JSON. A defect of Laurel becomes `internal error` without details. */
export function problemOf(error: LaurelError | undefined): Problem {
  if (error === undefined) return { error: 'internal error', reason: 'INTERNAL' }
  const details = Object.entries(error.metadata).map(([name, value]) => [wireName(name), value])
  return { error: error.message, reason: error.reason, ...Object.fromEntries(details) }
}
