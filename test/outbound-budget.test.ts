import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { backoff } from '../src/outbound/backoff.ts'
import { type Limits, openOutbound, type Target } from '../src/outbound/outbound.ts'
import { sendRetrying } from '../src/outbound/retrying.ts'
import {
  always,
  answer,
  atRandom,
  type Behave,
  type FakePlatform,
  script,
  startFakePlatform,
  unreliable,
} from './support/fake-platform.ts'

const NEVER = new AbortController().signal
const GET = { method: 'GET' } as const
const HOUR = 60 * 60_000
/** Nothing takes so long, but for what a test means to. */
const PATIENT = { connectTimeout: HOUR, headersTimeout: HOUR, bodyTimeout: HOUR, totalTimeout: HOUR }
const SOON = { attempts: 9, within: HOUR, first: 5, longest: 20 }

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function meet(
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

describe('an answer says when to come again', () => {
  const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'
  const LATER = 'Sun, 06 Nov 1994 08:50:07 GMT'
  test.each([
    ['Retry-After in seconds', 429, { 'retry-after': '7' }, 7_000],
    ['Retry-After at once', 503, { 'retry-after': '0' }, 0],
    ['Retry-After as a date, by the answer’s clock', 503, { 'retry-after': LATER, date: DATE }, 30_000],
    ['Retry-After as a date that is past', 429, { 'retry-after': DATE, date: LATER }, 0],
    ['Retry-After in a year', 429, { 'retry-after': '31536000' }, HOUR],
    ['Retry-After of a success', 202, { 'retry-after': '7' }, undefined],
    ['X-RateLimit-Reset-After', 429, { 'x-ratelimit-reset-after': '1.337' }, 1_337],
    [
      'X-RateLimit of a success that was the last',
      200,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '2' },
      2_000,
    ],
    [
      'X-RateLimit with more to come',
      200,
      { 'x-ratelimit-remaining': '3', 'x-ratelimit-reset-after': '2' },
      undefined,
    ],
    ['RateLimit', 200, { ratelimit: '"default";r=0;t=12' }, 12_000],
    ['RateLimit with more to come', 200, { ratelimit: '"default";r=5;t=12' }, undefined],
    ['RateLimit of several', 429, { ratelimit: '"a,;r=0;t=99";r=0;t=3, "b";r=0;t=5, "c";r=9;t=60' }, 5_000],
    ['RateLimit-Reset', 429, { 'ratelimit-reset': '4' }, 4_000],
    ['RateLimit-Reset with the rest', 200, { 'ratelimit-remaining': '0', 'ratelimit-reset': '4' }, 4_000],
    ['the longest of several', 429, { 'retry-after': '1', 'x-ratelimit-reset-after': '3.5' }, 3_500],
    ['nothing', 429, {}, undefined],
    ['nonsense', 429, { 'retry-after': '-1', 'x-ratelimit-reset-after': 'soon', ratelimit: ';;' }, undefined],
    ['no date', 429, { 'retry-after': 'Sun, 99 Nov 1994 08:49:37 GMT' }, undefined],
  ])('by %s', async (_, status, headers, expected) => {
    const { target } = await meet(always(answer(status, { headers })))
    expect((await target.send(GET, NEVER)).retryAfter).toBe(expected)
  })

  test('by a date without a clock of its own, at most in an hour', async () => {
    const { target } = await meet(
      always(answer(429, { headers: { 'retry-after': 'Fri, 31 Dec 9999 23:59:59 GMT' } })),
    )
    expect((await target.send(GET, NEVER)).retryAfter).toBe(HOUR)
  })
})

describe('the budget', () => {
  test('lets no more be under way than it has places', async () => {
    const { platform, target } = await meet(always({ kind: 'hang' }), { inFlight: 3 })
    const callers = Array.from({ length: 6 }, () => new AbortController())
    const sent = callers.map(({ signal }) => target.send(GET, signal).catch(() => {}))
    await expect.poll(() => platform.received.length).toBe(3)
    // One that waits is given up, and its place in the row is nobody's.
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
    platform.behave = always(answer(200))
    expect((await Promise.all([1, 2, 3, 4].map(() => target.send(GET, NEVER)))).length).toBe(4)
  })

  test('lets no more begin in a time than it has, after a burst', async () => {
    const { target } = await meet(always(answer(200)), { perSecond: 50, burst: 5 })
    const begun = performance.now()
    await Promise.all(Array.from({ length: 15 }, () => target.send(GET, NEVER)))
    // Ten after the burst, 20 ms each: less would be too many.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(199)
  })

  test('holds all that come while it is held, and one that gives up stays out', async () => {
    const { platform, target } = await meet(always(answer(200)))
    const begun = performance.now()
    target.hold(200)
    target.hold(10)
    const caller = new AbortController()
    const given = target.send(GET, caller.signal)
    const sent = Promise.all([target.send(GET, NEVER), target.send(GET, NEVER)])
    caller.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    await sent
    expect(performance.now() - begun).toBeGreaterThanOrEqual(199)
    expect(platform.received).toHaveLength(2)
  })
})

describe('backoff', () => {
  test('is jittered over a bound that doubles, and never before the server wants', () => {
    const bounds = { first: 100, longest: 5_000 }
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

describe('retrying', () => {
  test('goes on after what passes, and gives the answer', async () => {
    const limited = answer(429, { headers: { 'retry-after': '0' } })
    const { platform, target } = await meet(script(limited, { kind: 'drop' }, answer(200, { body: 'done' })))
    expect(await sendRetrying(target, GET, NEVER, SOON)).toMatchObject({ status: 200, body: 'done' })
    expect(platform.received).toHaveLength(3)
  })

  test('stops at what stays, and at the end of its patience', async () => {
    const { platform, target } = await meet(always(answer(404)))
    expect((await sendRetrying(target, GET, NEVER)).status).toBe(404)
    expect(platform.received).toHaveLength(1)

    platform.behave = always(answer(500))
    expect((await sendRetrying(target, GET, NEVER, { ...SOON, attempts: 2 })).status).toBe(500)
    expect(platform.received).toHaveLength(3)

    platform.behave = always(answer(429, { headers: { 'retry-after': '60' } }))
    expect((await sendRetrying(target, GET, NEVER, { ...SOON, within: 10_000 })).status).toBe(429)
    expect(platform.received).toHaveLength(4)

    const refused = sendRetrying(target, { ...GET, path: '/..' }, NEVER)
    await expect(refused).rejects.toMatchObject({ kind: 'refused' })
  })

  test('throws the last failure', async () => {
    const { platform, target } = await meet(always({ kind: 'drop' }))
    const sent = sendRetrying(target, GET, NEVER, { ...SOON, attempts: 2 })
    await expect(sent).rejects.toMatchObject({ kind: 'dropped' })
    expect(platform.received).toHaveLength(2)
  })

  test('holds the target for whoever sends next, after a success too', async () => {
    const last = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset-after': '0.2' }
    const { target } = await meet(always(answer(200, { headers: last })))
    const begun = performance.now()
    await sendRetrying(target, GET, NEVER)
    await target.send(GET, NEVER)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(199)
  })

  test('is given up in its sleep', async () => {
    const { platform, target } = await meet(always(answer(429, { headers: { 'retry-after': '60' } })))
    const caller = new AbortController()
    const sent = sendRetrying(target, GET, caller.signal)
    await expect.poll(() => platform.received.length).toBe(1)
    caller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
  })

  test.each([
    ['an unreliable platform', unreliable(7)],
    [
      'one that does what it says it did not',
      atRandom(3, [
        [1, answer(503, { applies: true })],
        [1, answer(200)],
      ]),
    ],
  ])('brings everything to %s, each applied once', async (_, behave) => {
    const { platform, target } = await meet(behave, {
      totalTimeout: 100,
      firstPause: 5,
      longestPause: 5,
    })
    const keys = Array.from({ length: 40 }, (_, index) => `key-${index}`)
    const send = (key: string) => ({ method: 'PUT', headers: { 'idempotency-key': key } }) as const
    const statuses = await Promise.all(
      keys.map(async (key) => {
        return (await sendRetrying(target, send(key), NEVER, { ...SOON, attempts: 1000 })).status
      }),
    )
    expect(statuses.every((status) => status === 200 || status === 304)).toBe(true)
    expect([...platform.applied.keys()].sort()).toEqual(keys.sort())
    expect(platform.received.length).toBeGreaterThan(keys.length)
  })
})
