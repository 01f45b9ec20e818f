import { rootCertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../src/embedded-postgres/port.ts'
import { NEVER_ABORTED } from '../src/model/never-aborted.ts'
import type { Limits, Target } from '../src/outbound/contract.ts'
import { openOutbound } from '../src/outbound/outbound.ts'
import { OutboundError } from '../src/outbound/outbound-error.ts'
import { issue } from './support/certificates.ts'
import {
  always,
  type Behaviour,
  type FakePlatform,
  type FakePlatformOptions,
  PATIENT,
  respond,
  startFakePlatform,
} from './support/fake-platform.ts'

const GET = { method: 'GET' } as const
const LONG = 10 * 60_000

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function startPlatform(behaviour: Behaviour, options: FakePlatformOptions = {}): Promise<FakePlatform> {
  const platform = await startFakePlatform({ behave: always(behaviour), ...options })
  cleanups.push(() => platform.close())
  return platform
}

function targetOf(url: string, limits: Partial<Limits> = {}): Target {
  const outbound = openOutbound({ allowPrivate: [] })
  cleanups.push(() => outbound.close())
  return outbound.to(url, { ...PATIENT, ...limits })
}

async function failureOf(work: Promise<unknown>): Promise<OutboundError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(OutboundError)
  return error as OutboundError
}

describe('a response', () => {
  test('has status, headers and body', async () => {
    const headers = { 'X-One': 'a', 'Set-Cookie': ['b=1', 'c=2'], ['__proto__']: 'harmless' }
    const platform = await startPlatform(respond(201, { headers, body: '{"né":"✓"}' }))
    const target = targetOf(`${platform.url}/api?key=1`)
    const body = '{"a":"ä"}'
    const request = {
      method: 'PUT',
      path: '/users/%2F?x=2',
      headers: { 'Idempotency-Key': 'k1' },
      body,
    } as const
    const found = await target.send(request, NEVER_ABORTED)
    expect(found).toMatchObject({
      status: 201,
      body: '{"né":"✓"}',
      isTruncated: false,
      retryAfterMilliseconds: undefined,
    })
    expect(found.headers.get('x-one')).toBe('a')
    expect(found.headers.get('set-cookie')).toBe('b=1, c=2')
    expect(found.headers.get('__proto__')).toBe('harmless')
    expect(platform.received).toMatchObject([
      { method: 'PUT', path: '/api/users/%2F?key=1&x=2', body, key: 'k1' },
    ])
    expect(platform.received[0]?.headers['user-agent']).toBe('laurel')
    expect([...platform.applied.keys()]).toEqual(['k1'])
  })

  test('comes from the URL itself if the request has no path', async () => {
    const platform = await startPlatform(respond(204))
    await targetOf(`${platform.url}/hook?key=1`).send(
      { method: 'POST', body: new Uint8Array([0x61]) },
      NEVER_ABORTED,
    )
    expect(platform.received).toMatchObject([{ path: '/hook?key=1', body: 'a' }])
  })

  test.each([301, 302, 304, 307, 308, 404, 429, 500])(
    'of status %i is returned, without following redirects',
    async (status) => {
      const elsewhere = await startPlatform(respond(200))
      const platform = await startPlatform(respond(status, { headers: { location: elsewhere.url } }))
      expect((await targetOf(platform.url).send(GET, NEVER_ABORTED)).status).toBe(status)
      expect(elsewhere.received).toEqual([])
    },
  )

  test('that is too long is cut between characters, and its connection reused', async () => {
    const platform = await startPlatform(respond(200, { body: 'ä'.repeat(250_000) }))
    const target = targetOf(platform.url, { maxResponseBytes: 9 })
    for (let sent = 0; sent < 20; sent += 1) {
      expect(await target.send(GET, NEVER_ABORTED)).toMatchObject({ body: 'ääää', isTruncated: true })
    }
    // A new connection may be opened before the drained one is free.
    expect(platform.connections).toBeLessThanOrEqual(10)
  })

  test('of exactly the limit is not cut', async () => {
    const platform = await startPlatform(respond(200, { body: 'abcd' }))
    const target = targetOf(platform.url, { maxResponseBytes: 4, requiresWholeResponse: true })
    expect(await target.send(GET, NEVER_ABORTED)).toMatchObject({ body: 'abcd', isTruncated: false })
  })

  test('without end is cut, or an error if the whole response is required', async () => {
    const platform = await startPlatform({ kind: 'flood' })
    const found = await targetOf(platform.url, { maxResponseBytes: 10 }).send(GET, NEVER_ABORTED)
    expect(found).toMatchObject({ status: 200, body: 'x'.repeat(10), isTruncated: true })
    const whole = targetOf(platform.url, { maxResponseBytes: 10, requiresWholeResponse: true })
    const failure = await failureOf(whole.send(GET, NEVER_ABORTED))
    expect([failure.kind, failure.isTransient]).toEqual(['too_large', false])
  })
})

test('rejects a response limit that is too large', () => {
  expect(() => targetOf('https://platform.test', { maxResponseBytes: 2 ** 30 })).toThrow(RangeError)
})

describe('a failure', () => {
  test.each([
    ['hangs', { kind: 'hang' }, { headersTimeoutMilliseconds: 50 }, 'timeout'],
    ['hangs in its body', { kind: 'hang', begun: true }, { bodyTimeoutMilliseconds: 50 }, 'timeout'],
    [
      'trickles its headers',
      { kind: 'trickle', part: 'headers' },
      { totalTimeoutMilliseconds: 200 },
      'timeout',
    ],
    ['trickles its body', { kind: 'trickle', part: 'body' }, { totalTimeoutMilliseconds: 200 }, 'timeout'],
    ['breaks off', { kind: 'drop' }, {}, 'dropped'],
    ['has long headers', respond(200, { headers: { 'x-long': 'x'.repeat(20_000) } }), {}, 'too_large'],
  ] as const)('is returned for a server that %s', async (_, behaviour, limits, kind) => {
    const platform = await startPlatform(behaviour)
    const failure = await failureOf(targetOf(platform.url, limits).send(GET, NEVER_ABORTED))
    expect(failure).toMatchObject({ kind, host: `127.0.0.1:${platform.port}` })
  })

  test('to connect names only the host', async () => {
    const port = await freePort(undefined)
    const target = targetOf(`http://127.0.0.1:${port}/path?key=hush`)
    const request = { ...GET, path: '/more?x=hush', headers: { authorization: 'hush' } }
    const failure = await failureOf(target.send(request, NEVER_ABORTED))
    expect(failure).toMatchObject({ kind: 'cannot_connect' })
    expect([failure.isTransient, failure.cause]).toEqual([true, undefined])
    expect(failure.message).toBe(`cannot connect to 127.0.0.1:${port} (ECONNREFUSED)`)
  })

  test('after an abort is the reason of the signal', async () => {
    const platform = await startPlatform({ kind: 'hang' })
    const target = targetOf(platform.url)
    const caller = new AbortController()
    const sent = target.send(GET, caller.signal)
    await expect.poll(() => platform.received.length).toBe(1)
    caller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
    await expect(target.send(GET, caller.signal)).rejects.toThrow('enough')
    expect(platform.received).toHaveLength(1)
  })

  test('after an abort does not wait for the connection', async () => {
    const asked = Promise.withResolvers<void>()
    const resolve = () => {
      asked.resolve()
      return new Promise<never>(() => {})
    }
    const outbound = openOutbound({ allowPrivate: [], resolve })
    cleanups.push(() => outbound.close())
    const caller = new AbortController()
    const sent = outbound
      .to('https://platform.test', { connectTimeoutMilliseconds: LONG })
      .send(GET, caller.signal)
    await asked.promise
    caller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
  })

  test('is a timeout if the name does not resolve in time', async () => {
    const outbound = openOutbound({ allowPrivate: [], resolve: () => new Promise(() => {}) })
    cleanups.push(() => outbound.close())
    const target = outbound.to('https://platform.test', { connectTimeoutMilliseconds: 50 })
    expect(await failureOf(target.send(GET, NEVER_ABORTED))).toMatchObject({
      kind: 'timeout',
      host: 'platform.test',
    })
  })

  test('is `dropped` after the client was closed', async () => {
    const platform = await startPlatform({ kind: 'hang' })
    const outbound = openOutbound({ allowPrivate: [] })
    const target = outbound.to(platform.url, { ...PATIENT, maxInFlight: 1 })
    const sent = [failureOf(target.send(GET, NEVER_ABORTED)), failureOf(target.send(GET, NEVER_ABORTED))]
    await expect.poll(() => platform.received.length).toBe(1)
    await outbound.close()
    const kinds = (await Promise.all(sent)).map(({ kind }) => kind)
    expect(kinds).toEqual(['dropped', 'dropped'])
    expect((await failureOf(target.send(GET, NEVER_ABORTED))).kind).toBe('dropped')
  })

  test.each([
    [{ ...GET, path: '/../admin' }],
    [{ ...GET, path: '/a/%2E%2e' }],
    [{ ...GET, path: '/.' }],
    [{ ...GET, path: '/a\\..\\b' }],
    [{ ...GET, path: '/a b' }],
    [{ ...GET, path: '/ä' }],
    [{ ...GET, path: '/a#b' }],
    [{ ...GET, path: '@elsewhere.test' }],
    [{ ...GET, path: '' }],
    [{ ...GET, headers: { 'x-a': 'hush\r\nx-b: c' } }],
    [{ method: 'POST', body: 'ä'.repeat(6) } as const],
  ])('is `refused` for the invalid request %j', async (request) => {
    const platform = await startPlatform(respond(200))
    const failure = await failureOf(
      targetOf(`${platform.url}/api`, { maxRequestBytes: 11 }).send(request, NEVER_ABORTED),
    )
    expect([failure.kind, failure.isTransient]).toEqual(['refused', false])
    expect(failure.message).not.toContain('hush')
    expect(platform.received).toEqual([])
  })
})

describe('TLS', () => {
  test('requires a trusted certificate for the host name', async () => {
    const issued = await issue('a fake platform')
    const platform = await startPlatform(respond(200), { tls: issued })
    const failure = await failureOf(targetOf(platform.url).send(GET, NEVER_ABORTED))
    expect(failure).toMatchObject({ kind: 'tls', host: `localhost:${platform.port}` })

    setDefaultCACertificates([...rootCertificates, issued.cert])
    cleanups.push(async () => setDefaultCACertificates([...rootCertificates]))
    expect(await targetOf(platform.url).send(GET, NEVER_ABORTED)).toMatchObject({ status: 200 })

    const outbound = openOutbound({
      allowPrivate: ['127.0.0.0/8'],
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    cleanups.push(() => outbound.close())
    const misnamed = outbound.to(`https://platform.test:${platform.port}`)
    expect(await failureOf(misnamed.send(GET, NEVER_ABORTED))).toMatchObject({ kind: 'tls' })
  })

  test('fails for a server without TLS', async () => {
    const platform = await startPlatform(respond(200))
    const target = targetOf(`https://127.0.0.1:${platform.port}`)
    expect(await failureOf(target.send(GET, NEVER_ABORTED))).toMatchObject({ kind: 'tls' })
  })
})
