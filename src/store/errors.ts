import pg from 'pg'
import { LaurelError } from '../model/errors.ts'
import { meaningOf, NODE_FULL, NODE_READ_ONLY, type SqlStateMeaning } from './sqlstates.ts'

/**
 * Two transactions inserted the same request id: a retry finds the stored response. Or a player was deleted before the
 * insert of a row that refers to it: a retry inserts the player too.
 */
const RETRYABLE_CONSTRAINTS = new Set([
  'player_requests_pkey',
  'events_by_request',
  'player_titles_player_id_fkey',
])
const CONNECTION_FAILURE =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|EADDRNOTAVAIL)$/

/** Returns the meaning of a failure of the database or its connection; undefined for other errors. */
export function meaningOfError(error: unknown): SqlStateMeaning | undefined {
  if (error instanceof pg.DatabaseError) return meaningOf(error.code ?? '')
  return isConnectionFailure(error) ? 'unavailable' : undefined
}

/** Returns whether the failure of a constraint means an error for the caller, or a retry. */
export function isKnownConstraint(name: string): boolean {
  return RETRYABLE_CONSTRAINTS.has(name) || Object.hasOwn(CONSTRAINTS, name)
}

/** Returns whether a retry of the transaction may succeed. */
export function isRetryable(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false
  return meaningOfError(error) === 'conflict' || RETRYABLE_CONSTRAINTS.has(error.constraint ?? '')
}

/**
 * Returns whether a prepared statement is missing or stale: a pooler assigned another backend, or a table changed. The
 * statement had no effect, and its transaction is rolled back.
 */
export function isStaleStatement(error: unknown): boolean {
  return meaningOfError(error) === 'stale'
}

/** Returns whether a table changed after a statement was prepared, so that its result has other columns now. */
export function isChangedResult(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '0A000'
}

/** Returns whether the server, or a node that it asked, accepts no writes. */
export function isReadOnly(error: unknown): boolean {
  return (
    meaningOfError(error) === 'read_only' ||
    (error instanceof pg.DatabaseError && error.code === NODE_READ_ONLY)
  )
}

function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof LaurelError) return false
  if ('code' in error && typeof error.code === 'string') return CONNECTION_FAILURE.test(error.code)
  return error instanceof AggregateError
    ? error.errors.some((inner) => meaningOfError(inner) === 'unavailable')
    : CONNECTION_ENDED.has(error.message)
}

/** Messages of pg for a lost connection. They have no code. */
const CONNECTION_ENDED = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout exceeded when trying to connect',
  'timeout expired',
  // The address of a node has changed, or the store is closed.
  'Cannot use a pool after calling end on the pool',
  'Client has encountered a connection error and is not queryable',
  'Query read timeout',
])

/** Returns the caller's error for a failure of the database; other errors unchanged. */
export function toModelError(error: unknown): unknown {
  if (isRetryable(error)) return fromMeaning.conflict(error)
  const meaning = meaningOfError(error)
  if (meaning === undefined || meaning === 'stale' || meaning === 'defect') return error
  if (meaning !== 'constraint') return fromMeaning[meaning](error)
  const cause = error as pg.DatabaseError
  return CONSTRAINTS[cause.constraint ?? '']?.(cause) ?? error
}

export function databaseUnavailable(cause: unknown): LaurelError {
  return unavailable('the database cannot be reached: try again shortly', cause)
}

const fromMeaning = {
  unavailable: databaseUnavailable,
  conflict: (cause: unknown) =>
    new LaurelError('aborted', 'TOO_MUCH_CONTENTION', 'other writers were in the way: try again', {
      retryAfter: 1,
      cause,
    }),
  read_only: (cause: unknown) =>
    new LaurelError(
      'unavailable',
      'DATABASE_READ_ONLY',
      'the database accepts no writes, as during a failover: try again shortly',
      { retryAfter: 1, cause },
    ),
  full: (cause: unknown) =>
    new LaurelError('unavailable', 'DATABASE_FULL', 'the database has no room: its operator must make some', {
      retryAfter: 60,
      cause,
    }),
  node_lost: (cause: unknown): LaurelError => {
    const { code } = cause as pg.DatabaseError
    if (code === NODE_READ_ONLY) return fromMeaning.read_only(cause)
    if (code === NODE_FULL) return fromMeaning.full(cause)
    return unavailable(
      'a node of the database fails: so do calls for its players, and changes of definitions, until it is back',
      cause,
    )
  },
  cancelled: (cause: unknown) =>
    unavailable('the database ended a statement before it was done: try again', cause),
  refused: (cause: unknown) =>
    unavailable('the database refuses a statement of the server: its operator must read the log', cause),
  value: (cause: unknown) =>
    new LaurelError(
      'invalid_argument',
      'INVALID_FIELD',
      'the database cannot store a value: send no character U+0000, no number out of range and no larger text',
      { cause },
    ),
} as const

function unavailable(message: string, cause: unknown): LaurelError {
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
