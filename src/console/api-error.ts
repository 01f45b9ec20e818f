/** A field of a request that the server rejects. */
export interface Violation {
  readonly field: string
  readonly message: string
}

/** A failed call: the server's sentence, its reason, and the rejected fields. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** gRPC's code in lower case: `not_found`. */
  readonly code: string
  /** The reason of the contract: `ETAG_MISMATCH`. Empty if the server did not respond. */
  readonly reason: string
  readonly violations: readonly Violation[]

  constructor(code: string, message: string, reason = '', violations: readonly Violation[] = []) {
    super(message)
    this.code = code
    this.reason = reason
    this.violations = violations
  }
}

interface ErrorJson {
  readonly code?: string
  readonly message?: string
  readonly details?: readonly { readonly type: string; readonly debug?: Debug }[]
}

interface Debug {
  readonly reason?: string
  readonly fieldViolations?: readonly { readonly field?: string; readonly description?: string }[]
}

/** Reads an error in Connect's JSON form. */
export function errorFromJson({ code = 'unknown', message = '', details = [] }: ErrorJson): ApiError {
  const debugOf = (type: string) => details.find((detail) => detail.type === `google.rpc.${type}`)?.debug
  const violations = debugOf('BadRequest')?.fieldViolations ?? []
  return new ApiError(
    code,
    message || code,
    debugOf('ErrorInfo')?.reason,
    // Keys of maps are quoted, and joined by dots in losses and findings: `ids["a"]` is `ids.a`.
    violations.map(({ field = '', description = '' }) => ({
      field: field.replace(/\["([^"]*)"\]/g, '.$1'),
      message: description,
    })),
  )
}

const CODES: ReadonlySet<unknown> = new Set(
  `canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied resource_exhausted
  failed_precondition aborted out_of_range unimplemented internal unavailable data_loss unauthenticated`.split(
    /\s+/,
  ),
)

const TOO_MANY_REQUESTS = 429

/** Returns the error of a response. A body that is not an error of Connect comes from a proxy. */
export function errorOfResponse(status: number, text: string): ApiError {
  const json = jsonOf(text)
  if (CODES.has(json?.code)) return errorFromJson(json)
  const isTemporary = status >= 500 || status === TOO_MANY_REQUESTS
  return new ApiError(isTemporary ? 'unavailable' : 'unknown', `a proxy responds with HTTP ${status}`)
}

function jsonOf(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Returns an error as people read it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Whether the server did not respond, so that the same call may succeed later. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'unavailable'
}
