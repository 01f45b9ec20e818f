import { DecodeError } from '../../../src/dialect/decode-error.ts'
import { formatPath } from '../../../src/dialect/losses.ts'
import { Refusal } from '../../../src/dialect/refusal.ts'
import type { GatewayRequest, Route } from '../../../src/http/gateway.ts'
import { LaurelError, type Reason } from '../../../src/model/errors.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { ACTIONS } from '../../../src/model/principal.ts'

interface Numbered {
  readonly status: number
  readonly code: number
  /** The platform's own text, with the names that it uses for the stat and its location. */
  message(names: { readonly stat: string; readonly namespace: string; readonly user: string }): string
}

/** The errors that have a number at the service. https://github.com/AccelByte/accelbyte-go-sdk/blob/main/spec/social.json */
const NUMBERED: Readonly<Partial<Record<Reason, Numbered>>> = {
  SERVER_ONLY: {
    status: 400,
    code: 12221,
    message: () => 'Invalid stat operator, expect [SERVER] but actual [CLIENT]',
  },
  STAT_NOT_FOUND: {
    status: 404,
    code: 12241,
    message: ({ stat, namespace }) => `Stat [${stat}] cannot be found in namespace [${namespace}]`,
  },
  STAT_VALUE_NOT_FOUND: {
    status: 404,
    code: 12242,
    message: ({ stat, namespace, user }) =>
      `Stat item of [${stat}] of user [${user}] cannot be found in namespace [${namespace}]`,
  },
  STAT_EXISTS: {
    status: 409,
    code: 12271,
    message: ({ stat, namespace }) =>
      `Stat template with code [${stat}] already exists in namespace [${namespace}]`,
  },
  STAT_INCREMENT_ONLY: {
    status: 409,
    code: 12273,
    message: ({ stat }) => `Stat [${stat}] is not decreasable`,
  },
  STAT_VALUE_EXISTS: {
    status: 409,
    code: 12274,
    message: ({ stat, namespace, user }) =>
      `Stat item with code [${stat}] of user [${user}] already exists in namespace [${namespace}]`,
  },
}

/** A handler whose refusals have the form of the statistics service; what else fails has the gateway's. */
export function withStatisticsFailure(handle: Route['handle']): Route['handle'] {
  return async (request) => {
    try {
      return await handle(request)
    } catch (error) {
      throw asRefusal(error, request) ?? error
    }
  }
}

/** The error of one item of a response that succeeds as a whole; undefined for a fault that no item causes. */
export function detailsOf(error: unknown, request: GatewayRequest, userId: string): JsonObject | undefined {
  const body = asRefusal(error, request, userId)?.body as JsonObject | undefined
  return body && { errorCode: body['errorCode'] ?? 0, errorMessage: body['errorMessage'] ?? '' }
}

function asRefusal(
  error: unknown,
  request: GatewayRequest,
  user = request.params['userId'] ?? '',
): Refusal | undefined {
  if (error instanceof DecodeError) {
    return invalid([{ field: formatPath(error.path), message: error.problem }])
  }
  if (!(error instanceof LaurelError)) return undefined
  const { reason, metadata, violations, message } = error
  if (reason === 'INVALID_FIELD') return invalid(violations)
  const { namespace = '' } = request.params
  const numbered = NUMBERED[reason]
  if (numbered !== undefined) {
    const stat = metadata['statCode'] ?? ''
    const errorMessage = numbered.message({ stat, namespace, user })
    const messageVariables = { statCode: stat, namespace, ...(user && { profileId: user }) }
    return new Refusal(numbered.status, { errorCode: numbered.code, errorMessage, messageVariables })
  }
  if (reason === 'STAT_OUT_OF_BOUNDS') {
    return new Refusal(409, { errorCode: 12275, errorMessage: `${message} in namespace [${namespace}]` })
  }
  if (reason === 'STAT_IN_USE' || reason === 'ETAG_MISMATCH') {
    return new Refusal(409, { errorCode: 409, errorMessage: message })
  }
  return reason === 'PERMISSION_DENIED' ? forbidden(metadata['required'] ?? '', user) : undefined
}

/** `ValidationErrorEntity` */
function invalid(violations: readonly { readonly field: string; readonly message: string }[]): Refusal {
  const errors = violations.map(({ field, message }) => ({
    errorCode: '20002',
    errorField: theirName(field),
    errorMessage: message,
  }))
  const said = errors.map(({ errorField, errorMessage }) => `${errorField} ${errorMessage}`)
  return new Refusal(422, { errorCode: 20002, errorMessage: `validation error: ${said.join('; ')}`, errors })
}

/** `stat.default_value` of a record is `defaultValue` of a body, which is `$`. */
function theirName(field: string): string {
  const name = field.replace(/^(stat|\$)\.?/, '').replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())
  return name === '' ? 'body' : name
}

function forbidden(required: string, user: string): Refusal {
  const [, resource = required, action = ''] = /^(.*) \[([A-Z]+)\]$/.exec(required) ?? []
  const bits = Object.entries(ACTIONS).find(([name]) => name.toUpperCase() === action)?.[1] ?? 0
  return new Refusal(403, {
    errorCode: 20013,
    errorMessage: 'insufficient permission',
    requiredPermission: {
      resource: resource.replace(/(:USER:)[^:]*/, (_, before) => before + user),
      action: bits,
    },
  })
}
