/**
 * The meaning of a SQLSTATE for the call and its connection.
 * - `conflict`: other transactions were in the way. The transaction is repeated.
 * - `stale`: a prepared statement is missing or stale. The transaction is repeated on new connections.
 * - `unavailable`: the server or the connection fails. The connection is discarded, and the circuit breaker counts it.
 * - `read_only`: the server accepts no writes, as after a failover. All connections are discarded.
 * - `full`: the server has no room. Reads go on.
 * - `node_lost`: another node of the cluster fails. The connection is sound, and calls that need other nodes go on.
 * - `cancelled`: a timeout of the server, or its operator, ended the statement.
 * - `refused`: the operator removed a permission or a table.
 * - `value`: the server cannot store a value of the caller.
 * - `constraint`: a constraint failed: `errors.ts` says whose fault that is.
 * - `defect`: a statement of ours is wrong.
 */
export type SqlStateMeaning =
  | 'conflict'
  | 'stale'
  | 'unavailable'
  | 'read_only'
  | 'full'
  | 'node_lost'
  | 'cancelled'
  | 'refused'
  | 'value'
  | 'constraint'
  | 'defect'

/** Source, with the names: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CLASSES: Readonly<Record<string, SqlStateMeaning>> = {
  '00': 'defect', // Successful Completion
  '01': 'defect', // Warning
  '02': 'defect', // No Data
  '03': 'defect', // SQL Statement Not Yet Complete
  '08': 'unavailable', // Connection Exception
  '09': 'defect', // Triggered Action Exception
  '0A': 'defect', // Feature Not Supported
  '0B': 'defect', // Invalid Transaction Initiation
  '0F': 'defect', // Locator Exception
  '0L': 'refused', // Invalid Grantor
  '0P': 'refused', // Invalid Role Specification
  '0Z': 'defect', // Diagnostics Exception
  '10': 'defect', // XQuery Error
  '20': 'defect', // Case Not Found
  '21': 'defect', // Cardinality Violation
  '22': 'value', // Data Exception
  '23': 'constraint', // Integrity Constraint Violation
  '24': 'defect', // Invalid Cursor State
  '25': 'defect', // Invalid Transaction State
  '26': 'stale', // Invalid SQL Statement Name
  '27': 'defect', // Triggered Data Change Violation
  '28': 'unavailable', // Invalid Authorization Specification: the password was changed
  '2B': 'defect', // Dependent Privilege Descriptors Still Exist
  '2D': 'defect', // Invalid Transaction Termination
  '2F': 'defect', // SQL Routine Exception
  '34': 'defect', // Invalid Cursor Name
  '38': 'defect', // External Routine Exception
  '39': 'defect', // External Routine Invocation Exception
  '3B': 'defect', // Savepoint Exception
  '3D': 'unavailable', // Invalid Catalog Name: the database was dropped or renamed
  '3F': 'refused', // Invalid Schema Name
  '40': 'conflict', // Transaction Rollback
  '42': 'defect', // Syntax Error or Access Rule Violation
  '44': 'defect', // WITH CHECK OPTION Violation
  '53': 'unavailable', // Insufficient Resources
  '54': 'value', // Program Limit Exceeded
  '55': 'conflict', // Object Not In Prerequisite State
  '57': 'unavailable', // Operator Intervention
  '58': 'unavailable', // System Error
  '72': 'conflict', // Snapshot Failure
  F0: 'unavailable', // Configuration File Error
  HV: 'defect', // Foreign Data Wrapper Error
  P0: 'defect', // PL/pgSQL Error
  XX: 'unavailable', // Internal Error
}

/** The code that an error of a cluster's other node gets (`citus/cluster-error.ts`). */
export const NODE_LOST = 'NODE0'
/** As `NODE_LOST`, of a node that accepts no writes, and of a node without room: callers read the same as of the server itself. */
export const NODE_READ_ONLY = 'NODE1'
export const NODE_FULL = 'NODE2'

/** Codes whose meaning is not that of their class. */
const CODES: Readonly<Record<string, SqlStateMeaning>> = {
  '0A000': 'stale', // a table changed after the statement was prepared, and the result has other columns now
  '22P01': 'defect', // floating_point_exception
  '22P06': 'defect', // nonstandard_use_of_escape_character
  '25006': 'read_only', // read_only_sql_transaction
  '25P03': 'unavailable', // idle_in_transaction_session_timeout
  '25P04': 'unavailable', // transaction_timeout
  '40002': 'constraint', // transaction_integrity_constraint_violation
  '40003': 'unavailable', // statement_completion_unknown: a repetition could write twice
  '42501': 'refused', // insufficient_privilege
  '42P01': 'refused', // undefined_table
  '42703': 'refused', // undefined_column
  '42883': 'refused', // undefined_function
  '42P05': 'stale', // duplicate_prepared_statement
  '53100': 'full', // disk_full
  '53400': 'full', // configuration_limit_exceeded, as of temp_file_limit
  [NODE_LOST]: 'node_lost',
  [NODE_READ_ONLY]: 'node_lost',
  [NODE_FULL]: 'node_lost',
  '57014': 'cancelled', // query_canceled
}

export function meaningOf(sqlState: string): SqlStateMeaning {
  return CODES[sqlState] ?? CLASSES[sqlState.slice(0, 2)] ?? 'defect'
}
