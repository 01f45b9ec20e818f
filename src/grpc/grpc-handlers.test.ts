import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js'
import { afterEach, expect, test } from 'vitest'
import { frame, RawGrpc } from '../../test/support/raw-grpc.ts'
import { testWire as wire } from '../../test/support/services.ts'
import {
  ExchangeServiceClient,
  ExchangeServiceService,
  TranslateRequest,
  type TranslateResponse,
} from '../gen/laurel/v1/exchange_service.ts'
import { LaurelError } from '../model/errors.ts'
import { LIMITS } from '../model/limits.ts'
import type { Call } from '../service/call.ts'
import { Admission } from './admission.ts'
import { grpcHandler } from './grpc-handlers.ts'
import { bidiStream } from './handlers.ts'

type Handler = (requests: AsyncIterable<TranslateRequest>, call: Call) => AsyncIterable<TranslateResponse>

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup()
})

/** Starts a server whose one method is the handler under test. Returns its address. */
async function serverOf(handler: Handler, onDecoded = () => {}): Promise<string> {
  const server = new Server({
    interceptors: [new Admission(wire).interceptor],
    'grpc.max_receive_message_length': LIMITS.messageBytes,
  })
  const { translate } = ExchangeServiceService
  const requestDeserialize = (bytes: Buffer) => {
    onDecoded()
    return translate.requestDeserialize(bytes)
  }
  const service = { translate: { ...translate, requestDeserialize } }
  server.addService(service, { translate: grpcHandler(bidiStream(handler)) })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  cleanups.push(() => server.forceShutdown())
  return `127.0.0.1:${port}`
}

/** A client of a server whose one method is the handler under test. */
async function serving(handler: Handler, onDecoded?: () => void): Promise<ExchangeServiceClient> {
  const client = new ExchangeServiceClient(await serverOf(handler, onDecoded), credentials.createInsecure())
  cleanups.unshift(() => client.close())
  return client
}

const response = (size: number): TranslateResponse => ({
  content: new Uint8Array(size),
  losses: [],
  summary: undefined,
})

async function failureOf(stream: AsyncIterable<unknown>): Promise<ServiceError> {
  try {
    for await (const _ of stream);
  } catch (error) {
    return error as ServiceError
  }
  throw new Error('the call did not fail')
}

test('requests and responses flow both ways, in order', async () => {
  const client = await serving(async function* (requests) {
    for await (const { content } of requests) yield { content, losses: [], summary: undefined }
  })
  const stream = client.translate()
  for (const byte of [1, 2, 3]) stream.write(TranslateRequest.create({ content: new Uint8Array([byte]) }))
  stream.end()
  const seen: number[] = []
  for await (const { content } of stream) seen.push(content[0] ?? 0)
  expect(seen).toEqual([1, 2, 3])
})

test('a slow reader suspends the handler', async () => {
  let made = 0
  const client = await serving(async function* () {
    for (; made < 200; made += 1) yield response(256 * 1024)
  })
  const stream = client.translate()
  stream.once('readable', () => {})
  // Until none is made for a while: server and client are one process, which stands still as a whole or not at all.
  for (let [before, same] = [-1, 0]; same < 20; await sleep(20)) {
    same = made === before && made > 0 ? same + 1 : 0
    before = made
  }
  expect(made).toBeLessThan(100)
  let read = 0
  for await (const _ of stream) read += 1
  expect(read).toBe(200)
})

test('a cancelled call ends the handler', async () => {
  const ended = Promise.withResolvers<AbortSignal>()
  const client = await serving(async function* (_, { signal }) {
    try {
      for (;;) {
        yield response(16)
        await sleep(5)
      }
    } finally {
      ended.resolve(signal)
    }
  })
  const stream = client.translate()
  stream.on('error', () => {})
  stream.once('data', () => stream.cancel())
  expect((await ended.promise).aborted).toBe(true)
})

test('a handler that waits for requests ends with the call', async () => {
  const ended = Promise.withResolvers<void>()
  const client = await serving(async function* (requests) {
    try {
      for await (const _ of requests) yield response(1)
    } finally {
      ended.resolve()
    }
  })
  const stream = client.translate()
  stream.on('error', () => {})
  stream.on('data', () => stream.cancel())
  stream.write(TranslateRequest.create({}))
  await ended.promise
})

test('an error reaches the caller with its details, also while requests are still coming', async () => {
  const client = await serving(async function* (requests) {
    for await (const _ of requests) break
    yield response(1)
    throw new LaurelError('not_found', 'DIALECT_NOT_FOUND', 'no such dialect')
  })
  const stream = client.translate()
  stream.write(TranslateRequest.create({ from: 'gog' }))
  stream.write(TranslateRequest.create({ content: new Uint8Array(100_000) }))
  const error = await failureOf(stream)
  expect([error.code, error.details]).toEqual([status.NOT_FOUND, 'no such dialect'])
  expect(error.metadata.get('grpc-status-details-bin')).toHaveLength(1)
})

test('an invalid actor is rejected', async () => {
  const client = await serving(async function* (_, { actor }) {
    yield { ...response(0), content: Buffer.from(actor) }
  })
  const metadata = new Metadata()
  metadata.set('laurel-actor', 'x'.repeat(129))
  expect((await failureOf(client.translate(metadata))).code).toBe(status.INVALID_ARGUMENT)
  const actors: string[] = []
  for await (const { content } of client.translate()) actors.push(Buffer.from(content).toString())
  expect(actors).toEqual(['service'])
})

test('a slow handler suspends the caller', async () => {
  let decoded = 0
  const client = await serving(
    async function* (requests, { signal }) {
      for await (const _ of requests) {
        yield response(1)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }
    },
    () => {
      decoded += 1
    },
  )
  const stream = client.translate()
  stream.on('error', () => {})
  for (let sent = 0; sent < 20; sent += 1)
    stream.write(TranslateRequest.create({ content: new Uint8Array(100_000) }))
  for await (const _ of stream) break
  await sleep(200)
  expect(decoded).toBe(1)
  stream.cancel()
})

/** Opens streams, and sends each one a message of 4 MiB, which no handler finishes. Returns the codes of the streams that end. */
async function codesOf(count: number, message: Buffer, headers = {}): Promise<readonly number[]> {
  const address = await serverOf(async function* (requests, { signal }) {
    for await (const _ of requests) await new Promise((resolve) => signal.addEventListener('abort', resolve))
    yield response(0)
  })
  using client = new RawGrpc(address)
  const codes: number[] = []
  for (let opened = 0; opened < count; opened += 1) {
    const { stream, status } = client.open(ExchangeServiceService.translate.path, headers)
    stream.write(message)
    void status.then(({ code }) => codes.push(code)).catch(() => {})
  }
  await expect.poll(() => codes.length).toBeGreaterThan(1)
  await sleep(200)
  return codes
}

const largest = Buffer.from(
  TranslateRequest.encode(
    TranslateRequest.create({ content: new Uint8Array(LIMITS.messageBytes - 100) }),
  ).finish(),
)

test.each([
  ['messages', frame(largest), {}],
  ['compressed messages', frame(gzipSync(largest), true), { 'grpc-encoding': 'gzip' }],
])('%s count as held by their caller until the handlers have finished them', async (_, message, headers) => {
  expect(await codesOf(6, message, headers)).toEqual([status.RESOURCE_EXHAUSTED, status.RESOURCE_EXHAUSTED])
})
