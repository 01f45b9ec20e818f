import { once } from 'node:events'
import { access, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDataFolder } from '../support/data-folder.ts'
import { startServerProcess } from '../support/server.ts'

let folder: string

beforeEach(async () => {
  folder = await createDataFolder('taken')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a port in use ends the start with one line of advice, and stops Postgres again', async () => {
  await using other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = `127.0.0.1:${(other.address() as AddressInfo).port}`
  const env = { LAUREL_DATA_DIR: folder, LAUREL_GRPC_ADDRESS: address, LAUREL_HTTP_ADDRESS: '127.0.0.1:0' }
  const line = `laurel: ${address} is in use: stop what uses it, or set LAUREL_GRPC_ADDRESS to another address\n`
  const failure: Error = await startServerProcess({ env }).then(
    () => expect.fail('the server started'),
    (error) => error,
  )
  expect(failure.message).toContain('exit code 1 ')
  expect(failure.message.split(':\n')[1]).toBe(line)
  await access(join(folder, 'postgres'))
  await expect(access(join(folder, 'postgres/data/postmaster.pid'))).rejects.toThrow('ENOENT')
})
