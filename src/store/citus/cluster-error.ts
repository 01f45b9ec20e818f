import pg from 'pg'
import { isKnownConstraint } from '../errors.ts'

/** SQLSTATE feature_not_supported. */
const NOT_SUPPORTED = '0A000'

/**
 * Returns an error of Citus as Postgres would report it:
 * - The constraint is that of the table, not of its shard, whose name ends in a number. An error of another node names it only in its
 *   message.
 * - Citus rejects some statements as an internal error. The server works, so it must not count as an outage.
 */
export function clusterError(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  if (error.code?.startsWith('23')) error.constraint = constraintOf(error)
  if (error.code === 'XX000') error.code = NOT_SUPPORTED
  return error
}

function constraintOf({ constraint, message }: pg.DatabaseError): string | undefined {
  const names = constraint === undefined ? (message.match(/\w+/g) ?? []) : [constraint]
  for (const name of names) {
    const table = name.replace(/_\d+$/, '')
    if (isKnownConstraint(table)) return table
  }
  return constraint
}
