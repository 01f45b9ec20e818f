import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { meaningOfError } from './errors.ts'
import { openStore } from './store.ts'
import { withClient } from './with-client.ts'

/** Accepts connections and sends nothing, as a host that has stalled. */
const silent = createServer((socket) => socket.on('error', () => {}))
let connectionString: string

beforeAll(async () => {
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  connectionString = `postgres://127.0.0.1:${(silent.address() as AddressInfo).port}/none`
})
afterAll(() => silent.close())

test.concurrent('a call to a database that does not respond is UNAVAILABLE', async () => {
  const store = openStore({ connectionString, poolSize: 1, onError: () => {} })
  await expect(store.read(NEVER_ABORTED, async () => {})).rejects.toMatchObject({
    code: 'unavailable',
    reason: 'DATABASE_UNAVAILABLE',
  })
  await store.close()
})

test.concurrent('withClient fails as unavailable if the host does not respond', async () => {
  const error = await withClient(connectionString, async () => {}).catch((thrown: unknown) => thrown)
  expect(meaningOfError(error)).toBe('unavailable')
})
