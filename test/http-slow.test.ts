import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
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

/** Sends a body in pieces, a pause before each; returns the response, empty if the connection was closed without one. */
async function sendSlowly(address: string, path: string, pieces: number, pause: number): Promise<string> {
  const [hostname, port] = address.split(':')
  const socket = connect(Number(port), hostname)
  const response = text(socket).catch(() => '')
  socket.on('error', () => {})
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${pieces}\r\n\r\n`,
  )
  for (let sent = 0; sent < pieces && !socket.destroyed; sent += 1) {
    await new Promise((resolve) => setTimeout(resolve, pause))
    socket.write('x')
  }
  return response
}

test('closes the connection of a body that takes too long, and of an upload only when no bytes arrive', async () => {
  const host = { ...testWire, operations: {} as never, strict: new Set<string>(), checked: false }
  const plugin = (app: FastifyInstance) => {
    app.addContentTypeParser('*', async (_: unknown, payload: Readable) => text(payload))
    for (const isUpload of [true, false])
      app.post(
        `/${isUpload}`,
        { config: { isUpload } },
        async ({ body }) => `length ${(body as string).length}`,
      )
  }
  const server = createHttpServer([], { ...host, readiness: READY, metrics: undefined }, undefined, {
    requestTimeout: 1000,
    plugins: [plugin],
  })
  const address = await server.listen('127.0.0.1:0')
  expect(await sendSlowly(address, '/true', 15, 100)).toContain('length 15')
  expect(await sendSlowly(address, '/false', 3, 20)).toContain('length 3')
  expect(await sendSlowly(address, '/false', 20, 100)).not.toContain('length')
  expect(await sendSlowly(address, '/true', 2, 3000)).not.toContain('length')
  await server.stop()
})

test('closes the connection of a client that does not read a response, and keeps those of others', async () => {
  const host = { ...testWire, operations: {} as never, strict: new Set<string>(), checked: false }
  const size = 32 * 2 ** 20
  const closed = Promise.withResolvers<void>()
  const plugin = (app: FastifyInstance) => {
    app.get('/large', async (_request, reply) => {
      reply.raw.once('close', () => closed.resolve())
      return reply.send(Buffer.alloc(size))
    })
    app.get('/late', async () => new Promise((resolve) => setTimeout(() => resolve('late'), 1200)))
  }
  const server = createHttpServer([], { ...host, readiness: READY, metrics: undefined }, undefined, {
    writeTimeout: 500,
    plugins: [plugin],
  })
  const [hostname, port] = (await server.listen('127.0.0.1:0')).split(':')
  const url = `http://127.0.0.1:${port}`
  expect(await (await fetch(`${url}/late`)).text()).toBe('late')
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.pause()
  socket.write('GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await closed.promise
  socket.destroy()
  expect((await (await fetch(`${url}/large`)).arrayBuffer()).byteLength).toBe(size)
  expect(await (await fetch(`${url}/late`)).text()).toBe('late')
  await server.stop()
})
