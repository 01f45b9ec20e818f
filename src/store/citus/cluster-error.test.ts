import pg from 'pg'
import { expect, test } from 'vitest'
import { meaningOfError } from '../errors.ts'
import { clusterError } from './cluster-error.ts'

const OTHER = 'while executing command on worker:5432'

test.each<readonly [failure: string, fields: Partial<pg.DatabaseError>, meaning: string]>([
  ['a connection to another node', { code: '08006' }, 'node_lost'],
  ['another node that ends', { code: '57P01' }, 'node_lost'],
  ['the end of the server itself', { code: '57P01', severity: 'FATAL' }, 'unavailable'],
  ['another node without room', { code: '53100', where: OTHER }, 'node_lost'],
  ['the server without room', { code: '53100' }, 'full'],
  ['another node that is a standby', { code: '25006', where: OTHER }, 'node_lost'],
  ['the server as a standby', { code: '25006' }, 'read_only'],
  ['another node without memory', { code: '53200', where: OTHER }, 'node_lost'],
  ['another node with a damaged page', { code: 'XX001', where: OTHER }, 'node_lost'],
  ['a deadlock on another node', { code: '40P01', where: OTHER }, 'conflict'],
  [
    'a commit that a lost node may have',
    internal('could not commit transaction for shard 1 on at least one active node'),
    'node_lost',
  ],
  [
    'a commit of a lost node',
    internal('failure on connection marked as essential: worker:5432'),
    'node_lost',
  ],
  [
    'a shard that was split meanwhile',
    { code: 'XX000', routine: 'LookupShardRelationFromCatalog' },
    'conflict',
  ],
  ['a statement that Citus rejects', internal('complex joins are only supported when'), 'defect'],
  ['a statement that a node rejects', { code: '42601', where: OTHER }, 'defect'],
])('the meaning of %s', (_, fields, meaning) => {
  const { message = 'failed' } = fields
  const error = Object.assign(new pg.DatabaseError(message, 0, 'error'), { severity: 'ERROR', ...fields })
  expect(meaningOfError(clusterError(error))).toBe(meaning)
})

function internal(message: string): Partial<pg.DatabaseError> {
  return { code: 'XX000', message }
}
