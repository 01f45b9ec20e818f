import { type ServiceError, status } from '@grpc/grpc-js'
import { BadRequest, ErrorInfo, RetryInfo } from '../gen/google/rpc/error_details.ts'
import { Status } from '../gen/google/rpc/status.ts'
import { LaurelError, type Violation } from '../model/errors.ts'
import { printable } from './terminal.ts'

/** An error with its message in lines for the user. */
export class Failure extends Error {
  override readonly name = 'Failure'
  readonly lines: readonly string[]

  constructor(lines: readonly string[], cause?: unknown) {
    super(lines.join('\n'), { cause })
    this.lines = lines
  }
}

/** A gRPC error with its details decoded. */
export interface RemoteError {
  readonly code: number
  readonly message: string
  readonly reason: string
  readonly metadata: ReadonlyMap<string, string>
  readonly violations: readonly Violation[]
  /** Seconds; 0 if a retry does not help. */
  readonly retryAfter: number
}

/** The command line's options by the fields of the requests. */
const OPTIONS: Readonly<Record<string, string>> = {
  title_id: '--title',
  player_id: '--player',
  achievement_ids: '--achievement',
  shape: '--shape',
  locale: '--locale',
  mapping: '--map',
}

const ADVICE: Readonly<Record<string, string>> = {
  BOUND_TO_ANOTHER_TITLE: 'to import it into this title anyway, add --allow-rebinding',
  LOSSES_REJECTED: 'to continue and have the losses reported, leave out --reject-losses',
}

const NO_INFO = { reason: '', metadata: new Map<string, string>() }

/**
 * Returns any error as lines that say the problem and the remedy; never a stack.
 * @param options the command's options by the fields of its request
 */
export function explain(error: unknown, options = OPTIONS): readonly string[] {
  if (error instanceof Failure) return error.lines
  if (error instanceof LaurelError) {
    const { message, reason, violations, retryAfter } = error
    const metadata = new Map(Object.entries(error.metadata))
    const code = status.UNKNOWN
    return linesOf({ code, message, reason, metadata, violations, retryAfter: retryAfter ?? 0 }, options)
  }
  const remote = remoteErrorIn(error)
  if (remote !== undefined) return linesOf(remote, options)
  return [causesOf(error).map(textOf).join(': ')]
}

/** Returns the error of a gRPC call; undefined for any other error. */
export function remoteErrorIn(error: unknown): RemoteError | undefined {
  return isServiceError(error) ? remoteErrorOf(statusOf(error)) : undefined
}

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

function linesOf(error: RemoteError, options: Readonly<Record<string, string>>): readonly string[] {
  const { message, reason, violations, retryAfter } = error
  const details = violations.map(({ field, message: text }) => `${options[field] ?? field} ${text}`.trim())
  // The message of INVALID_FIELD only repeats the violations in one line.
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
      return `the connection to the server was lost: ${message}; check that it still runs, and try again`
    case status.UNIMPLEMENTED:
      return `the server does not have this call: it is another program or another version of Laurel (${message})`
    case status.INTERNAL:
      return `the server failed: ${message}; its log says why`
    default:
      return message
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'metadata' in error && 'details' in error
}

function statusOf({ code, details, metadata }: ServiceError): Status {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? []
  return bytes instanceof Buffer ? Status.decode(bytes) : { code, message: details, details: [] }
}

/** Returns the error and its causes, outermost first. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}

/** Node's AggregateError has no text if a host has several addresses and none of them responds. */
function textOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message
  return error.errors.map((inner: Error) => inner.message).join('; ')
}
