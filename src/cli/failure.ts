import { type ServiceError, status } from '@grpc/grpc-js'
import { BadRequest, ErrorInfo, RetryInfo } from '../gen/google/rpc/error_details.ts'
import { Status } from '../gen/google/rpc/status.ts'
import { LaurelError, type Violation } from '../model/errors.ts'
import { printable } from './report.ts'

/** What went wrong, in lines for a person. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly lines: readonly string[]

  constructor(lines: readonly string[], cause?: unknown) {
    super(lines.join('\n'), { cause })
    this.lines = lines
  }
}

/** What an error of the wire says. */
export interface RemoteError {
  readonly code: number
  readonly message: string
  readonly reason: string
  readonly metadata: ReadonlyMap<string, string>
  readonly violations: readonly Violation[]
  /** Seconds; 0 when trying again is not what helps. */
  readonly retryAfter: number
}

/** What the wire's fields are called on the command line. */
const OPTIONS: Readonly<Record<string, string>> = {
  title_id: '--title',
  player_id: '--player',
  achievement_ids: '--achievement',
  shape: '--shape',
  locale: '--locale',
  mapping: '--map',
}

const ADVICE: Readonly<Record<string, string>> = {
  BOUND_TO_ANOTHER_TITLE: 'to import it here all the same, add --allow-rebinding',
  LOSSES_REJECTED: 'to go on and have the losses reported, leave out --reject-losses',
}

const NO_INFO = { reason: '', metadata: new Map<string, string>() }

/** Never a stack: each kind of error in lines that say what is wrong and what to do. */
export function explain(error: unknown): readonly string[] {
  if (error instanceof Failure) return error.lines
  if (error instanceof LaurelError) {
    const { message, reason, violations, retryAfter } = error
    const metadata = new Map(Object.entries(error.metadata))
    return linesOf({
      code: status.UNKNOWN,
      message,
      reason,
      metadata,
      violations,
      retryAfter: retryAfter ?? 0,
    })
  }
  const remote = remoteErrorIn(error)
  if (remote !== undefined) return linesOf(remote)
  return [causesOf(error).map(textOf).join(': ')]
}

/** What a call failed with; undefined for any other error. */
export function remoteErrorIn(error: unknown): RemoteError | undefined {
  return isServiceError(error) ? remoteErrorOf(statusOf(error)) : undefined
}

/** A status with its details read. */
export function remoteErrorOf({ code, message, details }: Status): RemoteError {
  const detail = (name: string) =>
    details.find(({ typeUrl }) => typeUrl.endsWith(`/google.rpc.${name}`))?.value
  const [info, request, retry] = [detail('ErrorInfo'), detail('BadRequest'), detail('RetryInfo')]
  const { reason, metadata } = info === undefined ? NO_INFO : ErrorInfo.decode(info)
  const violations = request === undefined ? [] : BadRequest.decode(request).fieldViolations
  const delay = retry === undefined ? undefined : RetryInfo.decode(retry).retryDelay
  return {
    code,
    message,
    reason,
    metadata,
    violations: violations.map(({ field, description }) => ({ field, message: description })),
    retryAfter: Number(delay?.seconds ?? 0n) + (delay?.nanos ?? 0) / 1e9,
  }
}

function linesOf(error: RemoteError): readonly string[] {
  const { message, reason, violations, retryAfter } = error
  const details = violations.map(({ field, message: text }) => `${OPTIONS[field] ?? field} ${text}`.trim())
  // The message of such an error is no more than its violations in one line.
  const [only, ...others] = reason === 'INVALID_FIELD' ? details : []
  const lines =
    only !== undefined && others.length === 0
      ? [only]
      : [headOf(error), ...details.map((line) => `  ${line}`)]
  const advice = ADVICE[reason]
  if (advice !== undefined) lines.push(advice)
  if (retryAfter > 0) lines.push(`try again in ${Math.ceil(retryAfter)} s`)
  return lines.map((line) => printable(line === '' ? message : line))
}

function headOf({ code, message, reason, violations }: RemoteError): string {
  if (reason === 'INVALID_FIELD' && violations.length > 1) return 'the request is not valid:'
  if (reason !== '') return `${message} (${reason})`
  switch (code) {
    case status.UNAVAILABLE:
      return `the connection to the server was lost: ${message}; see whether it still runs, and try again`
    case status.UNIMPLEMENTED:
      return `the server does not know this call: it is another program, or another version of Laurel (${message})`
    case status.INTERNAL:
      return `the server failed: ${message}; its log says why`
    default:
      return message
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'details' in error
}

/** The whole status, which travels beside the plain one. */
function statusOf({ code, details, metadata }: ServiceError): Status {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? []
  return bytes instanceof Buffer ? Status.decode(bytes) : { code, message: details, details: [] }
}

/** The error and what it says caused it, outermost first. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}

/** Node gives an AggregateError without a text when a host has several addresses and none answers. */
function textOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message
  return error.errors.map((inner: Error) => inner.message).join('; ')
}
