import { Refusal } from '../../../src/dialect/refusal.ts'
import type { Failure, GatewayResponse, RequestHead } from '../../../src/http/gateway.ts'
import type { LaurelError, Reason } from '../../../src/model/errors.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { LIMITS } from './limits.ts'

/** Codes of https://learn.microsoft.com/gaming/gdk/docs/reference/live/rest/json/json-serviceerror; 23 is recorded. */
const CODES: Readonly<Record<number, number>> = {
  400: 4000,
  401: 23,
  403: 4500,
  500: 5000,
  503: 5300,
}
/** For failures without a code of their own. */
const OTHER = 0
const NO_SUCH_USER = 4100

/** Does not name the missing permission, which contains Laurel's own ids. */
const FORBIDDEN = 'the caller may not do that for this user or title'
const NO_CLAIMS = 'No valid claims were found on the request.'

const MAX_TRACE_LENGTH = 128

/** Xbox has no 422: it answers 400. */
const STATUSES: Readonly<Record<number, number>> = { 422: 400 }

export function writeFailure({ status: natural, error }: Failure, head: RequestHead): GatewayResponse {
  const status = STATUSES[natural] ?? natural
  if (error?.reason === 'RATE_LIMITED') return { status, body: rateBody(error) }
  const ofUser: readonly (Reason | undefined)[] = ['PLAYER_NOT_FOUND', 'ACCOUNT_NOT_FOUND']
  const code = ofUser.includes(error?.reason) ? NO_SUCH_USER : (CODES[status] ?? OTHER)
  return { status, body: bodyOf(code, describe(status, error), head) }
}

/** A refusal without an error of Laurel. */
export function refusal(status: number, description: string, head: RequestHead): Refusal {
  return new Refusal(status, bodyOf(CODES[status] ?? OTHER, description, head))
}

function describe(status: number, error: LaurelError | undefined): string {
  if (error?.reason === 'PERMISSION_DENIED') return FORBIDDEN
  if (error?.reason === 'UNAUTHENTICATED') return `${NO_CLAIMS} ${error.message}`
  if (error !== undefined) return error.message
  if (status === 404) return 'there is nothing here'
  if (status === 405) return 'this path is not for that method'
  if (status === 413) return 'the body is too large'
  return status < 500 ? 'the request cannot be read' : 'internal error'
}

function bodyOf(code: number, description: string, { headers }: RequestHead): JsonObject {
  // The correlation vector, by which clients find a call again.
  const traceInformation = headers['ms-cv']?.slice(0, MAX_TRACE_LENGTH) ?? ''
  return { code, source: 'Progress', description, traceInformation }
}

function rateBody({ metadata }: LaurelError): JsonObject {
  const [limit, period] = [Number(metadata['limit']), Number(metadata['periodSeconds'])]
  return {
    version: 1,
    currentRequests: Number(metadata['calls']),
    maxRequests: limit,
    periodInSeconds: period,
    type: LIMITS.find(({ periodSeconds }) => periodSeconds === period)?.type ?? LIMITS[0].type,
  }
}
