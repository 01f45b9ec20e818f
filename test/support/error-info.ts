import type { ServiceError } from '@grpc/grpc-js'
import { ErrorInfo } from '../../src/gen/google/rpc/error_details.ts'
import { Status } from '../../src/gen/google/rpc/status.ts'

/** Returns the ErrorInfo of a failed call. */
export function errorInfoOf(error: ServiceError): ErrorInfo {
  const [bytes] = error.metadata.get('grpc-status-details-bin')
  const { details } = Status.decode(bytes as Buffer)
  const info = details.find(({ typeUrl }) => typeUrl.endsWith('/google.rpc.ErrorInfo'))
  if (info === undefined) throw new Error(`no ErrorInfo with: ${error.message}`)
  return ErrorInfo.decode(info.value)
}
