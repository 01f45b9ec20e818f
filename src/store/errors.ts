import pg from 'pg'
import { LaurelError } from '../model/errors.ts'

/** SQLSTATE classes and codes of failures of the server or the connection, not of the statement. */
const INFRASTRUCTURE = /^(08|57P|58|53|XX)/
const RETRYABLE = new Set(['40001', '40P01'])
/**
 * Two transactions inserted the same request id: a retry finds the stored response. Or a player was deleted before the
 * insert of a row that refers to it: a retry inserts the player too.
 */
const RETRYABLE_CONSTRAINTS = new Set(['player_requests_pkey', 'player_titles_player_id_fkey'])
/** A table changed after the statement was prepared, and the result has other columns now. */
export const CHANGED_RESULT = '0A000'
/** The result changed, the prepared statement is missing, or it exists already. */
const STALE_STATEMENT = new Set([CHANGED_RESULT, '26000', '42P05'])
const CONNECTION_FAILURE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|EADDRNOTAVAIL)$/

/** Returns whether a retry of the transaction may succeed. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false
  return RETRYABLE.has(error.code ?? '') || RETRYABLE_CONSTRAINTS.has(error.constraint ?? '')
}

/**
 * Returns whether a prepared statement is missing or stale: a pooler assigned another backend, or a table changed. The
 * statement had no effect, and its transaction is rolled back.
 */
export function isStaleStatement(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && STALE_STATEMENT.has(error.code ?? '')
}

/** Returns whether the database is unavailable. False for errors that a caller causes. */
export function isInfrastructureFailure(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return INFRASTRUCTURE.test(error.code ?? '')
  if (!(error instanceof Error) || error instanceof LaurelError) return false
  if ('code' in error && typeof error.code === 'string') return CONNECTION_FAILURE.test(error.code)
  return error instanceof AggregateError
    ? error.errors.some(isInfrastructureFailure)
    : CONNECTION_ENDED.has(error.message)
}

/** Messages of pg for a lost connection. They have no code. */
const CONNECTION_ENDED = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error and is not queryable',
  'Query read timeout',
])

/** Returns the caller's error for a failure of the database; other errors unchanged. */
export function toModelError(error: unknown): unknown {
  if (isInfrastructureFailure(error)) return databaseUnavailable(error)
  if (!(error instanceof pg.DatabaseError)) return error
  if (isRetryable(error)) {
    return new LaurelError('aborted', 'TOO_MUCH_CONTENTION', 'other writers were in the way: try again', {
      retryAfter: 1,
      cause: error,
    })
  }
  return CONSTRAINTS[error.constraint ?? '']?.(error) ?? error
}

export function databaseUnavailable(cause: unknown): LaurelError {
  const message = 'the database cannot be reached: try again shortly'
  return new LaurelError('unavailable', 'DATABASE_UNAVAILABLE', message, { retryAfter: 1, cause })
}

/** By constraint, the error for the caller who lost a race. */
const CONSTRAINTS: Readonly<Record<string, (cause: pg.DatabaseError) => LaurelError>> = {
  title_bindings_pkey: (cause) => exists('BINDING_TAKEN', 'another title is bound to this id', cause),
  achievements_pkey: (cause) => exists('ACHIEVEMENT_EXISTS', 'an achievement with this id exists', cause),
  achievement_ids_pkey: (cause) =>
    exists('DIALECT_ID_TAKEN', 'another achievement of the title has this id in the dialect', cause),
  stats_pkey: (cause) => exists('STAT_EXISTS', 'a stat with this code exists', cause),
  players_pkey: (cause) => exists('PLAYER_EXISTS', 'a player with this id exists', cause),
  accounts_pkey: (cause) => exists('ACCOUNT_LINKED_ELSEWHERE', 'another player has this account', cause),
  destinations_pkey: (cause) => exists('DESTINATION_EXISTS', 'a destination with this id exists', cause),
  destinations_title_id_fkey: (cause) => missing('TITLE_NOT_FOUND', 'the title is gone', cause),
  achievements_title_id_fkey: (cause) => missing('TITLE_NOT_FOUND', 'the title is gone', cause),
  stats_title_id_fkey: (cause) => missing('TITLE_NOT_FOUND', 'the title is gone', cause),
  player_titles_title_id_fkey: (cause) => missing('TITLE_NOT_FOUND', 'the title is gone', cause),
  progress_title_id_achievement_id_fkey: (cause) =>
    missing('ACHIEVEMENT_NOT_FOUND', 'the achievement is gone', cause),
  contributions_title_id_achievement_id_fkey: (cause) =>
    missing('ACHIEVEMENT_NOT_FOUND', 'the achievement is gone', cause),
  stat_values_title_id_code_fkey: (cause) => missing('STAT_NOT_FOUND', 'the stat is gone', cause),
}

function exists(reason: LaurelError['reason'], message: string, cause: unknown): LaurelError {
  return new LaurelError('already_exists', reason, message, { cause })
}

function missing(reason: LaurelError['reason'], message: string, cause: unknown): LaurelError {
  return new LaurelError('not_found', reason, message, { cause })
}
