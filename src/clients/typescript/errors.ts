import { createRegistry, type DescMessage, type MessageShape } from '@bufbuild/protobuf'
import { anyUnpack, type Duration } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import { codeToString } from '@connectrpc/connect/protocol-connect'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from './gen/google/rpc/error_details_pb.js'
import type { Status } from './gen/google/rpc/status_pb.js'

/** The types of the details that errors have: JSON with a google.protobuf.Any is read and written with them. */
export const errorTypes = createRegistry(ErrorInfoSchema, BadRequestSchema, RetryInfoSchema)

/** An error of a call, or of one item of a batch, with its decoded details. */
export interface ErrorDescription {
  /** The code in the form of the wire, such as `not_found`. */
  readonly code: string
  readonly message: string
  /** The reason without the prefix of `ErrorReason`, such as `TITLE_NOT_FOUND`; empty for an error that is not from Laurel. */
  readonly reason: string
  /** `laurel`, or empty. */
  readonly domain: string
  /** The variable parts of the message. */
  readonly metadata: Readonly<Record<string, string>>
  /** The fields at fault, by their paths in the naming of the protos, each with its remedy. */
  readonly violations: readonly FieldViolation[]
  /** How long to wait before the call is repeated; undefined if the server does not say. */
  readonly retryAfterMilliseconds: number | undefined
}

export interface FieldViolation {
  readonly field: string
  readonly description: string
}

/** Returns the description of anything that a call threw. */
export function describeError(thrown: unknown): ErrorDescription {
  const error = toConnectError(thrown)
  return describe(error.code, error.rawMessage, (schema) => error.findDetails(schema)[0])
}

/** Returns the description of the error of an item, such as that of a `BatchItemResult`. */
export function describeStatus({ code, message, details }: Status): ErrorDescription {
  const find = <Detail extends DescMessage>(schema: Detail) =>
    details.map((detail) => anyUnpack(detail, schema)).find((found) => found !== undefined)
  return describe(code as Code, message, find)
}

function describe(
  code: Code,
  message: string,
  find: <Detail extends DescMessage>(schema: Detail) => MessageShape<Detail> | undefined,
): ErrorDescription {
  const { reason = '', domain = '', metadata = {} } = find(ErrorInfoSchema) ?? {}
  const fieldViolations = find(BadRequestSchema)?.fieldViolations ?? []
  return {
    code: codeToString(code),
    message,
    reason,
    domain,
    metadata,
    violations: fieldViolations.map(({ field, description }) => ({ field, description })),
    retryAfterMilliseconds: milliseconds(find(RetryInfoSchema)?.retryDelay),
  }
}

function milliseconds(duration: Duration | undefined): number | undefined {
  return duration && Number(duration.seconds) * 1000 + duration.nanos / 1e6
}

/** Connect's texts for a stream that ends within a message, and without the message that ends a stream. */
const CUT_STREAM = ['protocol error: incomplete envelope', 'missing EndStreamResponse']

/** Returns the error in Connect's form: UNAVAILABLE if the connection failed, DEADLINE_EXCEEDED for a timeout of a signal. */
export function toConnectError(thrown: unknown): ConnectError {
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
    return new ConnectError('the operation timed out', Code.DeadlineExceeded, undefined, undefined, thrown)
  }
  const error = ConnectError.from(thrown)
  const { cause } = error
  // `fetch` throws a TypeError for each failure of the network. Node puts its own reason, such as ECONNREFUSED, into its cause.
  if (!(cause instanceof TypeError) && !CUT_STREAM.includes(error.rawMessage)) return error
  const reason = cause instanceof TypeError && cause.cause instanceof Error ? cause.cause : error
  const message = `the connection failed: ${reason.message}`
  return new ConnectError(message, Code.Unavailable, undefined, undefined, cause)
}

/** Whether the same call can succeed later. */
export function isTransient(error: ConnectError): boolean {
  return error.code === Code.Unavailable || error.findDetails(RetryInfoSchema).length > 0
}
