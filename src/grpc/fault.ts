import type { Logger } from '../telemetry/log.ts'
import type { AnyCall } from './call.ts'
import { isFault } from './status.ts'

/** A fault of Laurel's own leaves its cause here and nowhere else: the caller reads `internal error`. */
export function logFault(log: Logger, call: AnyCall, error: unknown, request?: object): void {
  if (!isFault(error) || call.cancelled) return
  const requestId = request !== undefined && 'requestId' in request ? request.requestId : undefined
  log.error({ err: error, method: call.getPath(), requestId }, 'a call failed')
}
