import { fromBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { codeToHttpStatus, errorToJsonBytes } from '@connectrpc/connect/protocol-connect'
import type { FastifyReply } from 'fastify'
import { LaurelError } from '../../model/errors.ts'
import { descriptorRegistry } from '../descriptors.ts'
import { toRpcStatus } from '../status.ts'

/** Returns the error in Connect's form, with the same code, message and details as over gRPC. */
export function toConnectError(error: unknown): ConnectError {
  // Connect's own errors are those of the protocol, and the deadline.
  if (error instanceof ConnectError) return error
  const { code, message, details } = toRpcStatus(error)
  const types = descriptorRegistry()
  const detailMessages = details.flatMap(({ typeUrl, value }) => {
    const desc = types.getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
    return desc === undefined ? [] : { desc, value: fromBinary(desc, value) }
  })
  const retryAfter = error instanceof LaurelError ? error.retryAfter : undefined
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }
  // gRPC and Connect number the codes alike.
  return new ConnectError(message, code, headers, detailMessages)
}

/** Sends an error outside an RPC, such as that of an unknown path. */
export function sendConnectError(
  reply: FastifyReply,
  error: ConnectError,
  status = codeToHttpStatus(error.code),
): FastifyReply {
  const headers = { ...Object.fromEntries(error.metadata), 'content-type': 'application/json' }
  return reply
    .code(status)
    .headers(headers)
    .send(Buffer.from(errorToJsonBytes(error, undefined)))
}

/** Sends an error unless the method is one of the allowed. */
export function checkMethod(
  method: string,
  allowed: readonly string[],
  reply: FastifyReply,
): FastifyReply | undefined {
  if (allowed.includes(method)) return undefined
  const error = new ConnectError(`the method must be ${allowed.join(' or ')}`, Code.InvalidArgument)
  return sendConnectError(reply.header('allow', allowed.join(', ')), error, 405)
}
