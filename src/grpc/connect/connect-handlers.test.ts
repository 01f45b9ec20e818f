import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { create, type DescMethodStreaming } from '@bufbuild/protobuf'
import { ConnectError } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-node'
import fastify from 'fastify'
import { afterEach, expect, test } from 'vitest'
import { testWire as wire } from '../../../test/support/services.ts'
import { EventServiceService, type WatchProgressResponse } from '../../gen/laurel/v1/event_service.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Call } from '../../service/call.ts'
import { descriptorRegistry } from '../descriptors.ts'
import { serverStream } from '../handlers.ts'
import type { Rpc } from '../services.ts'
import { connectPlugin } from './plugin.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

type Handle = (request: unknown, call: Call) => AsyncIterable<WatchProgressResponse>

/** Serves the handler under test as WatchProgress. Returns the base URL. */
async function serving(handle: Handle, milliseconds = 60_000): Promise<string> {
  const handler = serverStream(handle, { milliseconds, end: () => new Error('slow') })
  const rpc = { name: 'watchProgress', method: EventServiceService.watchProgress, handler }
  const app = fastify({ forceCloseConnections: true })
  app.register(async (scope) => connectPlugin([rpc as unknown as Rpc], wire)(scope))
  cleanups.push(() => app.close())
  return app.listen({ port: 0, host: '127.0.0.1' })
}

async function calling(handle: Handle) {
  const baseUrl = await serving(handle)
  const stop = new AbortController()
  cleanups.push(() => stop.abort())
  const method = descriptorRegistry().getService('laurel.v1.EventService')?.methods[0] as DescMethodStreaming
  const messages = (async function* () {
    yield create(method.input)
  })()
  const transport = createConnectTransport({ baseUrl, httpVersion: '1.1' })
  const { message } = await transport.stream(method, stop.signal, undefined, undefined, messages)
  return { stop, responses: message[Symbol.asyncIterator]() }
}

const response = (size: number): WatchProgressResponse => ({ events: [], resumeToken: 'x'.repeat(size) })

test('a slow reader suspends the handler, and loses its connection at the timeout', async () => {
  let made = 0
  const ended = Promise.withResolvers<void>()
  const baseUrl = await serving(async function* () {
    try {
      for (; made < 1000; made += 1) yield response(256 * 1024)
    } finally {
      ended.resolve()
    }
  }, 300)
  const headers = { 'content-type': 'application/connect+proto' }
  const call = request(baseUrl + EventServiceService.watchProgress.path, { method: 'POST', headers })
  call.end(Buffer.alloc(5))
  const [message] = (await once(call, 'response')) as [IncomingMessage]
  await ended.promise
  expect(made).toBeLessThan(100)
  message.resume()
  await expect(once(message, 'end')).rejects.toThrow('aborted')
}, 20_000)

test('a client that leaves ends the handler', async () => {
  const ended = Promise.withResolvers<AbortSignal>()
  const { stop, responses } = await calling(async function* (_, { signal }) {
    try {
      for (;;) {
        yield response(16)
        await sleep(5)
      }
    } finally {
      ended.resolve(signal)
    }
  })
  await responses.next()
  stop.abort()
  expect((await ended.promise).aborted).toBe(true)
})

test('an error after responses reaches the caller with its details', async () => {
  const { responses } = await calling(async function* () {
    yield response(1)
    throw new LaurelError('unavailable', 'WATCH_TOO_SLOW', 'too slow', { retryAfter: 1 })
  })
  await responses.next()
  const error = ConnectError.from(await responses.next().catch((error) => error))
  expect(error.rawMessage).toBe('too slow')
  expect(error.details.map((detail) => 'type' in detail && detail.type)).toEqual([
    'google.rpc.ErrorInfo',
    'google.rpc.RetryInfo',
  ])
})

test('a defect reaches the caller without details', async () => {
  const { responses } = await calling(async function* () {
    yield response(1)
    throw new TypeError('password=hunter2')
  })
  await responses.next()
  const error = ConnectError.from(await responses.next().catch((error) => error))
  expect(error.rawMessage).toBe('internal error')
})
