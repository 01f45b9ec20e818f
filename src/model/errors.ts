/** The kind of failure. Each maps to one gRPC status. */
export type ErrorCode =
  | 'invalid_argument'
  | 'not_found'
  | 'already_exists'
  | 'failed_precondition'
  | 'aborted'
  | 'out_of_range'
  | 'resource_exhausted'
  | 'unavailable'
  | 'unauthenticated'
  | 'permission_denied'
  | 'unimplemented'
  | 'cancelled'
  | 'deadline_exceeded'

/** The cause, for programs. The wire's `ErrorReason` has the same words, with an example each. */
export type Reason =
  | 'INVALID_FIELD'
  | 'TITLE_NOT_FOUND'
  | 'ACHIEVEMENT_NOT_FOUND'
  | 'PLAYER_NOT_FOUND'
  | 'ACCOUNT_NOT_FOUND'
  | 'PLAYER_DELETED'
  | 'PLAYER_MERGED'
  | 'MERGE_REFUSED'
  | 'STAT_NOT_FOUND'
  | 'DIALECT_NOT_FOUND'
  | 'TITLE_EXISTS'
  | 'ACHIEVEMENT_EXISTS'
  | 'PLAYER_EXISTS'
  | 'STAT_EXISTS'
  | 'ACCOUNT_LINKED_ELSEWHERE'
  | 'BINDING_TAKEN'
  | 'DIALECT_ID_TAKEN'
  | 'BACKFILL_NOT_FOUND'
  | 'REVISION_NOT_FOUND'
  | 'ETAG_MISMATCH'
  | 'REQUEST_ID_REUSED'
  | 'REQUIREMENT_UNKNOWN'
  | 'REQUIREMENT_AMBIGUOUS'
  | 'REQUIREMENT_FOLLOWS_STAT'
  | 'REQUIREMENT_FALLS'
  | 'NO_REQUIREMENT'
  | 'OUTSIDE_WINDOW'
  | 'COMMUNITY_GOAL'
  | 'NOT_LIVE'
  | 'PICTURE_UNREADABLE'
  | 'NO_CONTRIBUTION'
  | 'TIME_OUT_OF_BOUNDS'
  | 'STAT_OUT_OF_BOUNDS'
  | 'STAT_INCREMENT_ONLY'
  | 'STAT_VALUE_NOT_FOUND'
  | 'STAT_VALUE_EXISTS'
  | 'NOT_ACHIEVED'
  | 'TITLE_NOT_EMPTY'
  | 'ACHIEVEMENT_HAS_PROGRESS'
  | 'STAT_IN_USE'
  | 'PAGE_TOKEN_INVALID'
  | 'DOCUMENT_MALFORMED'
  | 'DOCUMENT_REFUSED'
  | 'DOCUMENT_TOO_LARGE'
  | 'DOCUMENT_SPACE_EXHAUSTED'
  | 'LOSSES_REJECTED'
  | 'BOUND_TO_ANOTHER_TITLE'
  | 'TITLE_UNNAMED'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'SERVER_ONLY'
  | 'PAGE_REFUSED'
  | 'ISSUER_UNAVAILABLE'
  | 'RATE_LIMITED'
  | 'NOT_SUPPORTED'
  | 'DESTINATION_NOT_FOUND'
  | 'DESTINATION_EXISTS'
  | 'TOO_MANY_DESTINATIONS'
  | 'DELIVERY_NOT_FOUND'
  | 'TITLE_UNBOUND'
  | 'RESUME_TOKEN_INVALID'
  | 'RESUME_TOKEN_EXPIRED'
  | 'WATCH_TOO_SLOW'
  | 'EXPORT_TOO_SLOW'
  | 'SERVER_STOPPING'
  | 'TOO_MUCH_CONTENTION'
  | 'TOO_MANY_REQUESTS'
  | 'DATABASE_UNAVAILABLE'
  | 'DATABASE_READ_ONLY'
  | 'DATABASE_FULL'
  | 'PLAN_NOT_FOUND'
  | 'PLAN_OUTDATED'
  | 'PLAN_APPLIED'
  | 'PLAN_NOT_APPLIED'
  | 'PLAN_TOO_LARGE'
  | 'MIGRATION_JOB_NOT_FOUND'
  | 'MIGRATION_JOB_EXISTS'
  | 'MIGRATION_JOB_NOT_RUNNING'
  | 'MIGRATION_JOB_ROLLED_BACK'
  | 'MIGRATION_POSITION_AHEAD'
  | 'MIGRATION_INPUT_MISSING'

/** One error in a request: the field by its wire name, and the remedy. */
export interface Violation {
  readonly field: string
  readonly message: string
}

export interface ErrorDetails {
  readonly metadata?: Readonly<Record<string, string>>
  readonly violations?: readonly Violation[]
  /** How many more violations there are than are listed. */
  readonly omittedViolations?: number
  /** Seconds after which trying again may help. */
  readonly retryAfter?: number
  readonly cause?: unknown
}

/**
 * The only error that may reach a caller. Its message is lower case and states the problem and the remedy. Any other error
 * is a defect of Laurel, and its text stays in the log.
 */
export class LaurelError extends Error {
  override readonly name = 'LaurelError'
  readonly code: ErrorCode
  readonly reason: Reason
  readonly metadata: Readonly<Record<string, string>>
  readonly violations: readonly Violation[]
  readonly omittedViolations: number
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.reason = reason
    this.metadata = details.metadata ?? {}
    this.violations = details.violations ?? []
    this.omittedViolations = details.omittedViolations ?? 0
    this.retryAfter = details.retryAfter
  }
}

/** Violations that one error lists, at most. */
export const MAX_VIOLATIONS = 20

/**
 * Returns one error with the first violations of a request and the number of further ones.
 * @param omitted how many violations the list was already cut by
 */
export function invalidArgument(violations: readonly Violation[], omitted = 0): LaurelError {
  const listed = violations.slice(0, MAX_VIOLATIONS)
  const omittedViolations = omitted + violations.length - listed.length
  const texts = listed.map(({ field, message }) => `${field} ${message}`.trim())
  if (omittedViolations > 0) texts.push(`and ${omittedViolations} more`)
  const details = { violations: listed, omittedViolations }
  return new LaurelError('invalid_argument', 'INVALID_FIELD', texts.join('; '), details)
}

/** @param resumeToken where a watch goes on */
export function serverStopping(resumeToken?: string): LaurelError {
  const message = 'the server is stopping: retry on another server, or when it is back'
  const metadata = resumeToken === undefined ? {} : { resumeToken }
  return new LaurelError('unavailable', 'SERVER_STOPPING', message, { retryAfter: 1, metadata })
}
