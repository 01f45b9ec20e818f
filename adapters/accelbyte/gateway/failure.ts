import type { Failure, GatewayResponse, RequestHead } from '../../../src/http/gateway.ts'
import type { ErrorCode, LaurelError, Reason } from '../../../src/model/errors.ts'
import { encodeSegment, splitPermission } from '../../../src/model/granted-permission.ts'
import type { JsonObject } from '../../../src/model/json.ts'

/** The numbers that are published. A failure that has none is numbered by its HTTP status, which none of them is. */
const CODES: Readonly<Record<number, number>> = {
  400: 20002,
  401: 20001,
  403: 20013,
  429: 20007,
  500: 20000,
}

const CODES_OF_REASONS: Readonly<Partial<Record<Reason, number>>> = { DOCUMENT_MALFORMED: 20019 }

/** Creating and importing have a number of their own for too many calls, which clients know to try again. */
const TOO_MANY_DEFINITIONS = 40153

/** `response.Error` of the achievement service: `{errorCode, errorMessage}`. */
export function writeFailure({ status: usual, error }: Failure, request: RequestHead): GatewayResponse {
  const status = error?.reason === 'DOCUMENT_TOO_LARGE' ? 413 : usual
  return { status, body: errorOf(status, error, request) }
}

const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  not_found: 404,
  permission_denied: 403,
  aborted: 409,
}

/** The error of one item of a response that succeeds as a whole. */
export function errorOfItem(error: LaurelError, request: RequestHead): JsonObject {
  return errorOf(STATUSES[error.code] ?? 422, error, request)
}

function errorOf(status: number, error: LaurelError | undefined, request: RequestHead): JsonObject {
  return {
    errorCode: codeOf(status, error, request),
    errorMessage: error === undefined ? messageOf(status, request) : inTheirWords(error, request),
  }
}

function codeOf(status: number, error: LaurelError | undefined, { method, path }: RequestHead): number {
  const defines = method === 'POST' && /\/admin\/namespaces\/[^/]+\/achievements(\/import)?\/?$/.test(path)
  if (status === 429 && defines) return TOO_MANY_DEFINITIONS
  return (error && CODES_OF_REASONS[error.reason]) ?? CODES[status] ?? status
}

function messageOf(status: number, { method }: RequestHead): string {
  if (status === 404) return 'there is no such path'
  if (status === 405) return `the path does not take ${method}`
  if (status === 413) return 'the body is larger than this server reads'
  return status === 500 ? 'internal error' : `refused with HTTP status ${status}`
}

/** Titles are namespaces here, and players the users that the path says; a parameter is no part of a document. */
function inTheirWords(error: LaurelError, { params }: RequestHead): string {
  const { reason, message, metadata, violations } = error
  const [wrong] = violations
  if (wrong?.field.startsWith('$')) return `${wrong.field.replace(/^\$\.?/, '') || 'body'}: ${wrong.message}`
  const { namespace = '', userId = '' } = params
  const { achievementId, required = '' } = metadata
  if (
    (reason === 'ACHIEVEMENT_NOT_FOUND' || reason === 'ACHIEVEMENT_EXISTS') &&
    achievementId !== undefined
  ) {
    const fact = reason === 'ACHIEVEMENT_EXISTS' ? 'exists already' : 'does not exist'
    return `achievement ${achievementId} ${fact} in namespace ${namespace}`
  }
  if (reason === 'PERMISSION_DENIED') {
    return `insufficient permission: it takes ${inPathsIds(required, namespace, userId)}`
  }
  return message
}

/** Replaces the ids in a permission with those of the path. */
function inPathsIds(required: string, namespace: string, userId: string): string {
  const { segments, namespaceIndex, userIndex } = splitPermission({ resource: required })
  return segments
    .map((segment, index) => {
      if (index === namespaceIndex) return encodeSegment(namespace)
      return index === userIndex ? encodeSegment(userId) : segment
    })
    .join(':')
}
