import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { Any } from '../gen/google/protobuf/any.ts'
import { BadRequest, ErrorInfo, RetryInfo } from '../gen/google/rpc/error_details.ts'
import { Status } from '../gen/google/rpc/status.ts'
import { type ErrorCode, LaurelError, type Violation } from '../model/errors.ts'
import { wireName } from '../model/wire-name.ts'

const CODES: Readonly<Record<ErrorCode, status>> = {
  invalid_argument: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  already_exists: status.ALREADY_EXISTS,
  failed_precondition: status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  out_of_range: status.OUT_OF_RANGE,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  unauthenticated: status.UNAUTHENTICATED,
  permission_denied: status.PERMISSION_DENIED,
  unimplemented: status.UNIMPLEMENTED,
  cancelled: status.CANCELLED,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
}

/**
 * Limits that fit an error into 8 KiB of HTTP/2 headers, the maximum of some clients: characters of the message and of one
 * metadata value, and bytes of violations.
 */
const MAX = { message: 512, metadataValue: 256, violations: 3072 }

/** Returns the status for an error. A defect of Laurel becomes `internal error` without details. */
export function toRpcStatus(error: unknown): Status {
  if (error instanceof LaurelError) {
    return {
      code: CODES[error.code],
      message: cut(error.message, MAX.message),
      details: detailsOf(error),
    }
  }
  return isCancellation(error)
    ? { code: status.CANCELLED, message: 'the call was cancelled', details: [] }
    : { code: status.INTERNAL, message: 'internal error', details: [] }
}

/** The cause of a failed call, which its status does not have, for the log. */
interface Failure {
  readonly error: unknown
  readonly requestId: string | undefined
}

/** Keyed by the trailers, the only object that grpc-js passes from a handler to the call's last interceptor. */
const failures = new WeakMap<Metadata, Failure>()

/** Returns the status in grpc-js's form, with the details in the trailer `grpc-status-details-bin`. */
export function toServiceError(error: unknown, request?: unknown): ServiceError {
  const message = toRpcStatus(error)
  const metadata = new Metadata()
  failures.set(metadata, { error, requestId: requestIdOf(request) })
  if (message.details.length > 0) {
    metadata.set('grpc-status-details-bin', Buffer.from(Status.encode(message).finish()))
  }
  const { code, message: details } = message
  return Object.assign(new Error(details), { code, details, metadata })
}

/** Returns the failure behind a status of `toServiceError`. */
export function failureBehind(trailers: Metadata | null | undefined): Failure | undefined {
  return trailers ? failures.get(trailers) : undefined
}

export function requestIdOf(request: unknown): string | undefined {
  const { requestId } = (request ?? {}) as { readonly requestId?: unknown }
  return typeof requestId === 'string' && requestId !== '' ? requestId : undefined
}

function isCancellation(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function detailsOf(error: LaurelError): Any[] {
  const metadata = new Map(
    Object.entries(error.metadata).map(([name, value]) => [wireName(name), cut(value, MAX.metadataValue)]),
  )
  const details = [
    packed('ErrorInfo', ErrorInfo.encode({ reason: error.reason, domain: 'laurel', metadata }).finish()),
  ]
  if (error.violations.length > 0) {
    const fieldViolations = fittingViolations(error).map(({ field, message }) => ({
      field,
      description: message,
      reason: '',
      localizedMessage: undefined,
    }))
    details.push(packed('BadRequest', BadRequest.encode({ fieldViolations }).finish()))
  }
  if (error.retryAfter !== undefined) {
    const seconds = Math.floor(error.retryAfter)
    const nanos = Math.round((error.retryAfter - seconds) * 1e9)
    details.push(
      packed('RetryInfo', RetryInfo.encode({ retryDelay: { seconds: BigInt(seconds), nanos } }).finish()),
    )
  }
  return details
}

function packed(name: string, value: Uint8Array): Any {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value }
}

/** Returns the violations that fit, and the number of the others. */
function fittingViolations({ violations, omittedViolations }: LaurelError): readonly Violation[] {
  let bytes = 0
  const fits = violations.findIndex(({ field, message }) => {
    bytes += Buffer.byteLength(field) + Buffer.byteLength(message)
    return bytes > MAX.violations
  })
  const [first] = violations as [Violation]
  const reported =
    fits === 0
      ? [{ field: cut(first.field, 256), message: cut(first.message, 256) }]
      : violations.slice(0, fits === -1 ? undefined : fits)
  const more = violations.length - reported.length + omittedViolations
  return more === 0 ? reported : [...reported, { field: '', message: `and ${more} more` }]
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1).toWellFormed()}…` : text
}
