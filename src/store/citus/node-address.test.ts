import pg from 'pg'
import { expect, test } from 'vitest'
import { nodeAddress } from './node-address.ts'

const COORDINATOR = 'postgres://laurel:secret@db.example:6000/laurel?host=%2Fsocket&port=6001'

test.each(['10.0.0.7', 'fd00::7', 'worker.example'])(
  'connects to the node at %s as to the coordinator',
  (host) => {
    const client = new pg.Client({
      connectionString: nodeAddress(COORDINATOR, { group: 1, host, port: 5433 }),
    })
    expect(client).toMatchObject({ host, port: 5433, user: 'laurel', password: 'secret', database: 'laurel' })
  },
)

test('connects to the coordinator at the configured address', () => {
  expect(nodeAddress(COORDINATOR, { group: 0, host: '10.0.0.1', port: 5432 })).toBe(COORDINATOR)
})
