import { Refusal } from '../../../src/dialect/refusal.ts'
import type { Failure, GatewayResponse, RequestHead } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { invalidForm } from './body-reader.ts'
import { namesUnknownVersion, versionOf, waitsInMilliseconds } from './version.ts'

/** Discord's own codes. Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json */
const REFUSALS = {
  botsNotAllowed: [403, 20001, 'Bots cannot use this endpoint'],
  unauthorizedForApplication: [
    403,
    20012,
    'You are not authorized to perform this action on this application',
  ],
  unauthorized: [403, 40001, 'Unauthorized'],
  missingAccess: [403, 50001, 'Missing Access'],
  unknownApplication: [404, 10002, 'Unknown Application'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownEntitlement: [404, 10029, 'Unknown Entitlement'],
  // No list of Discord's codes has one for it.
  unknownAchievement: [404, 0, 'Unknown Achievement'],
  // Nor for this: the first of the family that says that a maximum is reached.
  tooManyAchievements: [400, 30000, 'Maximum number of achievements reached (1000)'],
  entityTooLarge: [413, 40005, 'Request entity too large'],
  unknownVersion: [400, 50041, 'Invalid API version provided'],
  invalidJson: [400, 50109, 'The request body contains invalid JSON.'],
} as const satisfies Readonly<Record<string, readonly [status: number, code: number, message: string]>>

/** Texts by status, for failures without a code of their own. */
const STATUS_TEXTS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

export function refusal(name: keyof typeof REFUSALS): Refusal {
  const [status, code, message] = REFUSALS[name]
  return new Refusal(status, { message, code })
}

/** 401: clients discard their token when they receive it. */
export function unauthenticated(problem: string): LaurelError {
  return new LaurelError('unauthenticated', 'UNAUTHENTICATED', problem)
}

export function writeFailure({ status, error }: Failure, head: RequestHead): GatewayResponse {
  if (error !== undefined) return respond(error, status, head)
  if (status === 404 && namesUnknownVersion(head)) return refusal('unknownVersion')
  return status === 413 ? refusal('entityTooLarge') : plain(status)
}

function respond(error: LaurelError, status: number, head: RequestHead): GatewayResponse {
  switch (error.reason) {
    case 'PERMISSION_DENIED':
      return refusal('missingAccess')
    case 'SERVER_ONLY':
      return refusal('unauthorizedForApplication')
    case 'TITLE_NOT_FOUND':
      return refusal('unknownApplication')
    case 'ACHIEVEMENT_NOT_FOUND':
      return refusal('unknownAchievement')
    case 'PLAYER_NOT_FOUND':
    case 'ACCOUNT_NOT_FOUND':
      return refusal('unknownUser')
    case 'TOO_MUCH_CONTENTION':
      return plain(503)
    case 'DOCUMENT_MALFORMED':
      return refusal('invalidJson')
    case 'INVALID_FIELD':
      return invalidForm(head, [{ path: [], code: 'BASE_TYPE_INVALID', message: error.message }])
  }
  if (status === 429) return tooManyRequests(error, head)
  // Internal failures show only their status. Discord has no 422: it answers 400.
  if (status === 401 || status >= 500) return plain(status)
  return { status: status === 422 ? 400 : status, body: { message: error.message, code: 0 } }
}

function plain(status: number): GatewayResponse {
  const text = STATUS_TEXTS[status]
  return { status, body: { message: text === undefined ? String(status) : `${status}: ${text}`, code: 0 } }
}

/** `shared` means that other callers use up the limit: Laurel is overloaded. */
function tooManyRequests({ reason, retryAfter = 1 }: LaurelError, head: RequestHead): GatewayResponse {
  const isOwn = reason === 'RATE_LIMITED'
  const milliseconds = Math.ceil(retryAfter * 1000)
  const old = waitsInMilliseconds(versionOf(head))
  const body: JsonObject = {
    message: isOwn ? 'You are being rate limited.' : 'The resource is being rate limited.',
    retry_after: old ? milliseconds : milliseconds / 1000,
    global: false,
  }
  const headers = {
    'retry-after': String(old ? milliseconds : Math.ceil(milliseconds / 1000)),
    'x-ratelimit-scope': isOwn ? 'user' : 'shared',
  }
  return { status: 429, headers, body }
}
