import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createHttpServer } from '../src/http/server.ts'
import { READY, testWire } from './support/services.ts'

test('closes the connection of an endless body', async () => {
  const host = { ...testWire, operations: {} as never, strict: new Set<string>(), checked: false }
  const server = createHttpServer([], { ...host, readiness: READY, metrics: undefined }, undefined, {
    requestTimeout: 50,
  })
  const [hostname, port] = (await server.listen('127.0.0.1:0')).split(':')
  let response = ''
  // A client that is rejected before its body was read may only see a reset connection.
  while (response === '') {
    const socket = connect(Number(port), hostname)
    socket.write('POST /toy HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nno more than this')
    response = await text(socket).catch(() => '')
  }
  expect(response).toMatch(/^HTTP\/1\.1 4\d\d /)
  await server.stop()
})
