import { expect, test } from 'vitest'
import { connectionsTo } from './check-connections.ts'
import { type Facts, problemsOf } from './check-worker.ts'

const NODE = { group: 1, host: 'worker', port: 5432, isActive: true, hasShards: true }
const FACTS = { connections: 100, preparedTransactions: 100, isStandby: false, losesCommits: false }

test.each<readonly [worker: string, node: Partial<typeof NODE>, facts: Partial<Facts>, problems: object[]]>([
  ['in order', {}, {}, []],
  ['that is a standby', {}, { isStandby: true }, [{ level: 'fail' }]],
  ['without prepared transactions', {}, { preparedTransactions: 0 }, [{ level: 'fail' }]],
  ['that responds before it flushes', {}, { losesCommits: true }, [{ level: 'warn' }]],
  ['without shards', { hasShards: false }, {}, [{ level: 'ok' }]],
  ['with two problems', {}, { isStandby: true, losesCommits: true }, [{ level: 'fail' }, { level: 'warn' }]],
])('the problems of a worker %s', (_, node, facts, problems) => {
  expect(problemsOf('worker', { ...NODE, ...node }, { ...FACTS, ...facts })).toMatchObject(problems)
})

test.each([
  ['one Postgres', undefined, 2 * 13],
  ['a coordinator', { ...NODE, group: 0, hasShards: false }, 2 * 16],
  ['a coordinator with shards', { ...NODE, group: 0 }, 2 * 26],
  ['a worker', NODE, 2 * 22],
])('connections of two processes with a pool of 10 to %s', (_, node, expected) => {
  expect(connectionsTo(node, { workers: 2, databasePool: 10 })).toBe(expected)
})
