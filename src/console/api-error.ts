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

/** Reads an error response. A proxy may have sent it, and then it is not JSON. */
export async function errorOfResponse(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    return errorFromJson(JSON.parse(text))
  } catch {
    return new ApiError('unavailable', `the server responds with HTTP ${response.status}`)
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
