import { rootCertificates, setDefaultCACertificates } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { freePort } from '../src/embedded-postgres/port.ts'
import type { Limits, Target } from '../src/outbound/outbound.ts'
import { OutboundError, openOutbound } from '../src/outbound/outbound.ts'
import { issue } from './support/certificates.ts'
import {
  always,
  answer,
  type Behaviour,
  type FakePlatform,
  type FakePlatformOptions,
  startFakePlatform,
} from './support/fake-platform.ts'

const NEVER = new AbortController().signal
const GET = { method: 'GET' } as const
const LONG = 10 * 60_000
/** Nothing takes so long, but for what a test means to. */
const PATIENT = { connectTimeout: LONG, headersTimeout: LONG, bodyTimeout: LONG, totalTimeout: LONG }

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function platformThat(behaviour: Behaviour, options: FakePlatformOptions = {}): Promise<FakePlatform> {
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

describe('an answer', () => {
  test('comes with its status, headers and body', async () => {
    const headers = { 'X-One': 'a', 'Set-Cookie': ['b=1', 'c=2'], ['__proto__']: 'harmless' }
    const platform = await platformThat(answer(201, { headers, body: '{"né":"✓"}' }))
    const target = targetOf(`${platform.url}/api?key=1`)
    const body = '{"a":"ä"}'
    const request = {
      method: 'PUT',
      path: '/users/%2F?x=2',
      headers: { 'Idempotency-Key': 'k1' },
      body,
    } as const
    const found = await target.send(request, NEVER)
    expect(found).toMatchObject({ status: 201, body: '{"né":"✓"}', truncated: false, retryAfter: undefined })
    expect(found.headers.get('x-one')).toBe('a')
    expect(found.headers.get('set-cookie')).toBe('b=1, c=2')
    expect(found.headers.get('__proto__')).toBe('harmless')
    expect(platform.received).toMatchObject([
      { method: 'PUT', path: '/api/users/%2F?key=1&x=2', body, key: 'k1' },
    ])
    expect(platform.received[0]?.headers['user-agent']).toBe('laurel')
    expect([...platform.applied.keys()]).toEqual(['k1'])
  })

  test('goes to the URL as it stands without a path', async () => {
    const platform = await platformThat(answer(204))
    await targetOf(`${platform.url}/hook?key=1`).send({ method: 'POST', body: new Uint8Array([0x61]) }, NEVER)
    expect(platform.received).toMatchObject([{ path: '/hook?key=1', body: 'a' }])
  })

  test.each([301, 302, 304, 307, 308, 404, 429, 500])('of status %i is an answer', async (status) => {
    const elsewhere = await platformThat(answer(200))
    const platform = await platformThat(answer(status, { headers: { location: elsewhere.url } }))
    expect((await targetOf(platform.url).send(GET, NEVER)).status).toBe(status)
    expect(elsewhere.received).toEqual([])
  })

  test('that is long is cut, between characters, and its connection used again', async () => {
    const platform = await platformThat(answer(200, { body: 'ä'.repeat(250_000) }))
    const target = targetOf(platform.url, { responseBytes: 9 })
    for (let sent = 0; sent < 20; sent += 1) {
      expect(await target.send(GET, NEVER)).toMatchObject({ body: 'ääää', truncated: true })
    }
    // Another is made while the first is still being put away.
    expect(platform.connections).toBeLessThanOrEqual(10)
  })

  test('that just fits is not cut', async () => {
    const platform = await platformThat(answer(200, { body: 'abcd' }))
    const target = targetOf(platform.url, { responseBytes: 4, wholeResponses: true })
    expect(await target.send(GET, NEVER)).toMatchObject({ body: 'abcd', truncated: false })
  })

  test('without end is cut, or an error where all of it is wanted', async () => {
    const platform = await platformThat({ kind: 'flood' })
    const found = await targetOf(platform.url, { responseBytes: 10 }).send(GET, NEVER)
    expect(found).toMatchObject({ status: 200, body: 'x'.repeat(10), truncated: true })
    const whole = targetOf(platform.url, { responseBytes: 10, wholeResponses: true })
    const failure = await failureOf(whole.send(GET, NEVER))
    expect([failure.kind, failure.passing]).toEqual(['too_large', false])
  })
})

test('nobody keeps answers of any length', () => {
  expect(() => targetOf('https://platform.test', { responseBytes: 2 ** 30 })).toThrow(RangeError)
})

describe('no answer', () => {
  test.each([
    ['hangs', { kind: 'hang' }, { headersTimeout: 50 }, 'timeout'],
    ['hangs in its body', { kind: 'hang', begun: true }, { bodyTimeout: 50 }, 'timeout'],
    ['trickles its headers', { kind: 'trickle', part: 'headers' }, { totalTimeout: 200 }, 'timeout'],
    ['trickles its body', { kind: 'trickle', part: 'body' }, { totalTimeout: 200 }, 'timeout'],
    ['breaks off', { kind: 'drop' }, {}, 'dropped'],
    ['has long headers', answer(200, { headers: { 'x-long': 'x'.repeat(20_000) } }), {}, 'too_large'],
  ] as const)('comes of a server that %s', async (_, behaviour, limits, kind) => {
    const platform = await platformThat(behaviour)
    const failure = await failureOf(targetOf(platform.url, limits).send(GET, NEVER))
    expect(failure).toMatchObject({ kind, host: `127.0.0.1:${platform.port}` })
  })

  test('comes where nobody listens, and names no more than the host', async () => {
    const port = await freePort(undefined)
    const target = targetOf(`http://127.0.0.1:${port}/path?key=hush`)
    const request = { ...GET, path: '/more?x=hush', headers: { authorization: 'hush' } }
    const failure = await failureOf(target.send(request, NEVER))
    expect(failure).toMatchObject({ kind: 'cannot_connect' })
    expect([failure.passing, failure.cause]).toEqual([true, undefined])
    expect(failure.message).toBe(`cannot connect to 127.0.0.1:${port} (ECONNREFUSED)`)
  })

  test('comes when the caller gives up, with the caller’s reason', async () => {
    const platform = await platformThat({ kind: 'hang' })
    const target = targetOf(platform.url)
    const caller = new AbortController()
    const sent = target.send(GET, caller.signal)
    await expect.poll(() => platform.received.length).toBe(1)
    caller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
    await expect(target.send(GET, caller.signal)).rejects.toThrow('enough')
    expect(platform.received).toHaveLength(1)
  })

  test('comes when the caller gives up before there is a connection', async () => {
    const asked = Promise.withResolvers<void>()
    const resolve = () => {
      asked.resolve()
      return new Promise<never>(() => {})
    }
    const outbound = openOutbound({ allowPrivate: [], resolve })
    cleanups.push(() => outbound.close())
    const caller = new AbortController()
    const sent = outbound.to('https://platform.test', { connectTimeout: LONG }).send(GET, caller.signal)
    await asked.promise
    caller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
  })

  test('comes of a name that does not resolve in time', async () => {
    const outbound = openOutbound({ allowPrivate: [], resolve: () => new Promise(() => {}) })
    cleanups.push(() => outbound.close())
    const target = outbound.to('https://platform.test', { connectTimeout: 50 })
    expect(await failureOf(target.send(GET, NEVER))).toMatchObject({ kind: 'timeout', host: 'platform.test' })
  })

  test('comes when all is closed', async () => {
    const platform = await platformThat({ kind: 'hang' })
    const outbound = openOutbound({ allowPrivate: [] })
    const target = outbound.to(platform.url, { ...PATIENT, inFlight: 1 })
    const sent = [failureOf(target.send(GET, NEVER)), failureOf(target.send(GET, NEVER))]
    await expect.poll(() => platform.received.length).toBe(1)
    await outbound.close()
    const kinds = (await Promise.all(sent)).map(({ kind }) => kind)
    expect(kinds).toEqual(['dropped', 'dropped'])
    expect((await failureOf(target.send(GET, NEVER))).kind).toBe('dropped')
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
  ])('comes of a request that may not be sent: %j', async (request) => {
    const platform = await platformThat(answer(200))
    const failure = await failureOf(
      targetOf(`${platform.url}/api`, { requestBytes: 11 }).send(request, NEVER),
    )
    expect([failure.kind, failure.passing]).toEqual(['refused', false])
    expect(failure.message).not.toContain('hush')
    expect(platform.received).toEqual([])
  })
})

describe('TLS', () => {
  test('is trusted by the authorities and the name, or not at all', async () => {
    const issued = await issue('a fake platform')
    const platform = await platformThat(answer(200), { tls: issued })
    const failure = await failureOf(targetOf(platform.url).send(GET, NEVER))
    expect(failure).toMatchObject({ kind: 'tls', host: `localhost:${platform.port}` })

    setDefaultCACertificates([...rootCertificates, issued.cert])
    cleanups.push(async () => setDefaultCACertificates([...rootCertificates]))
    expect(await targetOf(platform.url).send(GET, NEVER)).toMatchObject({ status: 200 })

    const outbound = openOutbound({
      allowPrivate: ['127.0.0.0/8'],
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    cleanups.push(() => outbound.close())
    const misnamed = outbound.to(`https://platform.test:${platform.port}`)
    expect(await failureOf(misnamed.send(GET, NEVER))).toMatchObject({ kind: 'tls' })
  })

  test('is not spoken to who does not speak it', async () => {
    const platform = await platformThat(answer(200))
    const target = targetOf(`https://127.0.0.1:${platform.port}`)
    expect(await failureOf(target.send(GET, NEVER))).toMatchObject({ kind: 'tls' })
  })
})
