import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../src/model/never-aborted.ts'
import type { Limits, Target } from '../src/outbound/contract.ts'
import { openOutbound } from '../src/outbound/outbound.ts'
import { backoff, sendRetrying } from '../src/outbound/retrying.ts'
import {
  always,
  atRandom,
  type Behave,
  type FakePlatform,
  PATIENT,
  respond,
  script,
  startFakePlatform,
  unreliable,
} from './support/fake-platform.ts'

const GET = { method: 'GET' } as const
const HOUR = 60 * 60_000
const SOON = { maxAttempts: 9, maxElapsedMilliseconds: HOUR, firstMilliseconds: 5, maxMilliseconds: 20 }

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function platformAndTarget(
  behave: Behave,
  limits: Partial<Limits> = {},
): Promise<{ platform: FakePlatform; target: Target }> {
  const platform = await startFakePlatform({ behave })
  const outbound = openOutbound({ allowPrivate: [] })
  cleanups.push(
    () => platform.close(),
    () => outbound.close(),
  )
  return { platform, target: outbound.to(platform.url, { ...PATIENT, ...limits }) }
}

describe('retryAfterMilliseconds', () => {
  const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'
  const LATER = 'Sun, 06 Nov 1994 08:50:07 GMT'
  test.each([
    ['Retry-After in seconds', 429, { 'retry-after': '7' }, 7_000],
    ['Retry-After of zero', 503, { 'retry-after': '0' }, 0],
    ['Retry-After as a date, relative to Date', 503, { 'retry-after': LATER, date: DATE }, 30_000],
    ['Retry-After as a date in the past', 429, { 'retry-after': DATE, date: LATER }, 0],
    ['Retry-After of a year', 429, { 'retry-after': '31536000' }, HOUR],
    ['Retry-After of a success', 202, { 'retry-after': '7' }, undefined],
    ['X-RateLimit-Reset-After', 429, { 'x-ratelimit-reset-after': '1.337' }, 1_337],
    [
      'X-RateLimit of a success that used the quota up',
      200,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '2' },
      2_000,
    ],
    [
      'X-RateLimit with quota left',
      200,
      { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset-after': '2' },
      undefined,
    ],
    ['RateLimit', 200, { ratelimit: '"default";r=0;t=12' }, 12_000],
    ['RateLimit with quota left', 200, { ratelimit: '"default";r=5;t=12' }, undefined],
    [
      'RateLimit with several quotas',
      429,
      { ratelimit: '"a,;r=0;t=99";r=0;t=3, "b";r=0;t=5, "c";r=9;t=60' },
      5_000,
    ],
    ['RateLimit-Reset', 429, { 'ratelimit-reset': '4' }, 4_000],
    [
      'RateLimit-Reset with RateLimit-Remaining',
      200,
      { 'ratelimit-remaining': '0', 'ratelimit-reset': '4' },
      4_000,
    ],
    ['the longest of several headers', 429, { 'retry-after': '1', 'x-ratelimit-reset-after': '3.5' }, 3_500],
    ['no header', 429, {}, undefined],
    [
      'invalid values',
      429,
      { 'retry-after': '-1', 'x-ratelimit-reset-after': 'soon', ratelimit: ';;' },
      undefined,
    ],
    ['an invalid date', 429, { 'retry-after': 'Sun, 99 Nov 1994 08:49:37 GMT' }, undefined],
  ])('comes from %s', async (_, status, headers, expected) => {
    const { target } = await platformAndTarget(always(respond(status, { headers })))
    expect((await target.send(GET, NEVER_ABORTED)).retryAfterMilliseconds).toBe(expected)
  })

  test('is at most an hour for a date in a response without Date', async () => {
    const { target } = await platformAndTarget(
      always(respond(429, { headers: { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' } })),
    )
    expect((await target.send(GET, NEVER_ABORTED)).retryAfterMilliseconds).toBe(HOUR)
  })
})

describe('the request limiter', () => {
  test('limits concurrent requests', async () => {
    const { platform, target } = await platformAndTarget(always({ kind: 'hang' }), { maxInFlight: 3 })
    const callers = Array.from({ length: 6 }, () => new AbortController())
    const sent = callers.map(({ signal }) => target.send(GET, signal).catch(() => {}))
    await expect.poll(() => platform.received.length).toBe(3)
    // Aborts a waiting request, and one in progress.
    callers[3]?.abort()
    callers[0]?.abort()
    await expect.poll(() => platform.received.length).toBe(4)
    callers[1]?.abort()
    await expect.poll(() => platform.received.length).toBe(5)
    callers[2]?.abort()
    callers[4]?.abort()
    callers[5]?.abort()
    await Promise.all(sent)
    expect(platform.received).toHaveLength(5)
    platform.behave = always(respond(200))
    expect((await Promise.all([1, 2, 3, 4].map(() => target.send(GET, NEVER_ABORTED)))).length).toBe(4)
  })

  test('limits requests per second after a burst', async () => {
    const { target } = await platformAndTarget(always(respond(200)), { requestsPerSecond: 50, burst: 5 })
    const start = performance.now()
    await Promise.all(Array.from({ length: 15 }, () => target.send(GET, NEVER_ABORTED)))
    // Ten requests after the burst, 20 ms each.
    expect(performance.now() - start).toBeGreaterThanOrEqual(199)
  })

  test('delays requests during a pause, and drops aborted ones', async () => {
    const { platform, target } = await platformAndTarget(always(respond(200)))
    const start = performance.now()
    target.pause(200)
    target.pause(10)
    const caller = new AbortController()
    const aborted = target.send(GET, caller.signal)
    const sent = Promise.all([target.send(GET, NEVER_ABORTED), target.send(GET, NEVER_ABORTED)])
    caller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await sent
    expect(performance.now() - start).toBeGreaterThanOrEqual(199)
    expect(platform.received).toHaveLength(2)
  })
})

describe('backoff', () => {
  test('is random below a bound that doubles, and never shorter than retryAfter', () => {
    const bounds = { firstMilliseconds: 100, maxMilliseconds: 5_000 }
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.option(fc.nat(HOUR), { nil: undefined }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, retryAfter, random) => {
          const wait = backoff(attempt, retryAfter, random, bounds)
          expect(wait).toBeGreaterThanOrEqual(retryAfter ?? 0)
          expect(wait).toBeLessThanOrEqual(Math.max(5_000, (retryAfter ?? 0) + 100))
        },
      ),
    )
    expect([1, 2, 3, 6, 7, 99].map((attempt) => backoff(attempt, undefined, 0.5, bounds))).toEqual([
      50, 100, 200, 1600, 2500, 2500,
    ])
  })
})

describe('sendRetrying', () => {
  test('retries transient failures and returns the response', async () => {
    const limited = respond(429, { headers: { 'retry-after': '0' } })
    const { platform, target } = await platformAndTarget(
      script(limited, { kind: 'drop' }, respond(200, { body: 'done' })),
    )
    expect(await sendRetrying(target, GET, NEVER_ABORTED, SOON)).toMatchObject({ status: 200, body: 'done' })
    expect(platform.received).toHaveLength(3)
  })

  test('stops at permanent failures, and when the retry policy is exhausted', async () => {
    const { platform, target } = await platformAndTarget(always(respond(404)))
    expect((await sendRetrying(target, GET, NEVER_ABORTED)).status).toBe(404)
    expect(platform.received).toHaveLength(1)

    platform.behave = always(respond(500))
    expect((await sendRetrying(target, GET, NEVER_ABORTED, { ...SOON, maxAttempts: 2 })).status).toBe(500)
    expect(platform.received).toHaveLength(3)

    platform.behave = always(respond(429, { headers: { 'retry-after': '60' } }))
    expect(
      (await sendRetrying(target, GET, NEVER_ABORTED, { ...SOON, maxElapsedMilliseconds: 10_000 })).status,
    ).toBe(429)
    expect(platform.received).toHaveLength(4)

    const refused = sendRetrying(target, { ...GET, path: '/..' }, NEVER_ABORTED)
    await expect(refused).rejects.toMatchObject({ kind: 'refused' })
  })

  test('throws the last failure', async () => {
    const { platform, target } = await platformAndTarget(always({ kind: 'drop' }))
    const sent = sendRetrying(target, GET, NEVER_ABORTED, { ...SOON, maxAttempts: 2 })
    await expect(sent).rejects.toMatchObject({ kind: 'dropped' })
    expect(platform.received).toHaveLength(2)
  })

  test('pauses the target for all callers, after a success too', async () => {
    const last = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '0.2' }
    const { target } = await platformAndTarget(always(respond(200, { headers: last })))
    const start = performance.now()
    await sendRetrying(target, GET, NEVER_ABORTED)
    await target.send(GET, NEVER_ABORTED)
    expect(performance.now() - start).toBeGreaterThanOrEqual(199)
  })

  test('can be aborted while it waits', async () => {
    const { platform, target } = await platformAndTarget(
      always(respond(429, { headers: { 'retry-after': '60' } })),
    )
    const caller = new AbortController()
    const sent = sendRetrying(target, GET, caller.signal)
    await expect.poll(() => platform.received.length).toBe(1)
    caller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
  })

  test.each([
    ['an unreliable platform', unreliable(7)],
    [
      'one that applies requests that it fails',
      atRandom(3, [
        [1, respond(503, { applies: true })],
        [1, respond(200)],
      ]),
    ],
  ])('delivers every request to %s, each applied once', async (_, behave) => {
    const { platform, target } = await platformAndTarget(behave, {
      totalTimeoutMilliseconds: 100,
      firstPauseMilliseconds: 5,
      maxPauseMilliseconds: 5,
    })
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
    const send = (key: string) => ({ method: 'PUT', headers: { 'idempotency-key': key } }) as const
    const statuses = await Promise.all(
      keys.map(async (key) => {
        return (await sendRetrying(target, send(key), NEVER_ABORTED, { ...SOON, maxAttempts: 1000 })).status
      }),
    )
    expect(statuses.every((status) => status === 200 || status === 304)).toBe(true)
    expect([...platform.applied.keys()].sort()).toEqual(keys.sort())
    expect(platform.received.length).toBeGreaterThan(keys.length)
  })
})
