import pg from 'pg'
import { isKnownConstraint } from '../errors.ts'
import { meaningOf, NODE_FULL, NODE_LOST, NODE_READ_ONLY, type SqlStateMeaning } from '../sqlstates.ts'

/** SQLSTATE syntax_error_or_access_rule_violation: a statement of ours is wrong. */
const WRONG_STATEMENT = '42000'
/** SQLSTATE feature_not_supported. Of a table that changed after a statement was prepared, only this function reports it. */
const NOT_SUPPORTED = '0A000'
const CHANGED_RESULT = 'RevalidateCachedQuery'

const SERIALIZATION_FAILURE = '40001'
/** SQLSTATE internal_error. */
const INTERNAL = 'XX000'
const LOST_DURING_COMMIT = /could not commit transaction for shard|failure on connection marked as essential/
const NODE_CODES: Readonly<Partial<Record<SqlStateMeaning, string>>> = {
  read_only: NODE_READ_ONLY,
  full: NODE_FULL,
}
const FAILURES_OF_SERVER: ReadonlySet<SqlStateMeaning> = new Set(['unavailable', 'read_only', 'full'])

const VIOLATIONS = { '23503': 'violates foreign key constraint', '23505': 'violates unique constraint' }

/**
 * Returns an error of Citus as Postgres would report it:
 * - The constraint is that of the table, not of its partition or shard, whose names end in a number. An error of another node names it only in its
 *   message.
 * - Another node's failure gets a code of its own: the reporting server works. The same
 *   if it was lost during a commit, whose outcome is then unknown.
 * - A shard that was split after the statement was planned is a conflict: a repetition finds the new ones.
 * - Of a row that Citus copies to a shard, only the message says which kind of constraint refuses it.
 * - Citus rejects some statements as an internal error, and others with the code of a stale statement. The server works, and a repetition
 *   would fail too.
 */
export function clusterError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  if (isOfOtherNode(error)) error.code = NODE_CODES[meaningOf(error.code ?? '')] ?? NODE_LOST
  if (isSplitShard(error)) error.code = SERIALIZATION_FAILURE
  if (error.code === INTERNAL) error.code = violationOf(error) ?? error.code
  if (error.code?.startsWith('23')) error.constraint = constraintOf(error)
  const isStale = error.routine === CHANGED_RESULT
  if (error.code === INTERNAL || (error.code === NOT_SUPPORTED && !isStale)) error.code = WRONG_STATEMENT
  return error
}

export function isSplitShard(error: pg.DatabaseError): boolean {
  return error.routine === 'LookupShardRelationFromCatalog'
}

/** Citus says of an error of another node where it comes from. A server that ends itself reports its end as fatal. */
function isOfOtherNode({ code = '', severity, where = '', message }: pg.DatabaseError): boolean {
  if (severity !== 'ERROR') return false
  if (code === INTERNAL) return LOST_DURING_COMMIT.test(message)
  if (code.startsWith('08') || code.startsWith('57P')) return true
  return where.includes('while executing command on ') && FAILURES_OF_SERVER.has(meaningOf(code))
}

function violationOf({ message }: pg.DatabaseError): string | undefined {
  return Object.entries(VIOLATIONS).find(([, text]) => message.includes(text))?.[0]
}

function constraintOf({ constraint, message }: pg.DatabaseError): string | undefined {
  const names = constraint === undefined ? (message.match(/\w+/g) ?? []) : [constraint]
  for (const name of names) {
    const table = name.replace(/(_\d+)+$/, '')
    if (isKnownConstraint(table)) return table
  }
  return constraint
}
