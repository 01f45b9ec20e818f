import type { Failure, GatewayAnswer } from '../../../src/http/gateway.ts'

const CODES: Readonly<Record<number, number>> = {
  400: 20002,
  401: 20001,
  403: 20013,
  429: 40153,
  500: 20000,
}

/** `response.Error` of the achievement service: `{errorCode, errorMessage}`. */
export function writeFailure({ status, error }: Failure): GatewayAnswer {
  const errorMessage =
    error?.message ?? (status === 500 ? 'internal error' : `refused with HTTP status ${status}`)
  return { status, body: { errorCode: CODES[status] ?? status, errorMessage } }
}
