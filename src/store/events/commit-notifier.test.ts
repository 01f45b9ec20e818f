import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { CommitNotifier } from './commit-notifier.ts'

test('ends while a database has not responded to its start message', async () => {
  await using server = createServer((socket) => void socket.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const notifier = new CommitNotifier(`postgres://laurel@127.0.0.1:${port}/laurel`, () => {})
  notifier.start()
  await once(server, 'connection')
  notifier.send()
  await expect(notifier.close()).resolves.toBeUndefined()
})
