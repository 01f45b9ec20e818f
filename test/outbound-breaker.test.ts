import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Limits, OutboundError, openOutbound, type Target } from '../src/outbound/outbound.ts'
import {
  always,
  answer,
  type Behaviour,
  type FakePlatform,
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

async function meet(
  behaviour: Behaviour,
  limits: Partial<Limits> = {},
): Promise<{ platform: FakePlatform; target: Target; states: string[] }> {
  const platform = await startFakePlatform({ behave: always(behaviour) })
  const outbound = openOutbound({ allowPrivate: [] })
  cleanups.push(
    () => platform.close(),
    () => outbound.close(),
  )
  const target = outbound.to(platform.url, { ...PATIENT, firstPause: LONG, longestPause: LONG, ...limits })
  const states: string[] = []
  target.onBreaker((state) => states.push(state))
  return { platform, target, states }
}

/** A status, or the kind of the failure. */
async function outcome(target: Target): Promise<number | string> {
  return await target.send(GET, NEVER).then(
    ({ status }) => status,
    (error) => (error as OutboundError).kind,
  )
}

async function outcomes(target: Target, count: number): Promise<(number | string)[]> {
  const all: (number | string)[] = []
  for (let index = 0; index < count; index += 1) all.push(await outcome(target))
  return all
}

describe('the breaker', () => {
  test.each([
    ['5xx', answer(503), {}, 503],
    ['broken connections', { kind: 'drop' }, {}, 'dropped'],
    ['timeouts', { kind: 'hang' }, { totalTimeout: 30 }, 'timeout'],
  ] as const)('is opened by %s, and then says when to come again', async (_, behaviour, limits, failed) => {
    const { platform, target, states } = await meet(behaviour, limits)
    expect(await outcomes(target, 5)).toEqual(Array(5).fill(failed))
    expect(target.breaker).toBe('open')
    expect(states).toEqual(['open'])

    const came = platform.received.length
    const error = await target.send(GET, NEVER).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OutboundError)
    const { kind, retryAfter, passing, message } = error as OutboundError
    expect([kind, passing]).toEqual(['circuit_open', true])
    expect(retryAfter).toBeGreaterThan(LONG / 2)
    expect(retryAfter).toBeLessThanOrEqual(LONG)
    expect(message).toContain(target.host)
    expect(platform.received).toHaveLength(came)
  })

  test('is opened by a server that is not there', async () => {
    const { platform, target } = await meet(answer(200))
    await platform.close()
    cleanups.shift()
    expect(await outcomes(target, 6)).toEqual([...Array(5).fill('cannot_connect'), 'circuit_open'])
  })

  test('is opened by most of many, though none fails five times in a row', async () => {
    const { platform, target } = await meet(answer(200))
    platform.behave = (_, index) => answer(index % 4 === 3 ? 200 : 500)
    const all = await outcomes(target, 9)
    expect(all).toEqual([500, 500, 500, 200, 500, 500, 500, 200, 500])
    // What was long ago does not count: a slow machine needs more of them.
    while (all.at(-1) !== 'circuit_open') all.push(await outcome(target))
  })

  test.each([304, 400, 404, 429])('is not opened by %i', async (status) => {
    const { target, states } = await meet(answer(status))
    expect(await outcomes(target, 20)).toEqual(Array(20).fill(status))
    expect([target.breaker, states]).toEqual(['closed', []])
  })

  test('is not opened by what the caller did', async () => {
    const { target, states } = await meet({ kind: 'hang' })
    for (let index = 0; index < 20; index += 1) {
      const caller = new AbortController()
      const sent = target.send(GET, caller.signal)
      caller.abort(new Error('enough'))
      await expect(sent).rejects.toThrow('enough')
      await expect(target.send({ ...GET, path: '/..' }, NEVER)).rejects.toMatchObject({ kind: 'refused' })
    }
    expect([target.breaker, states]).toEqual(['closed', []])
  })

  test('is half open after a pause, and closed by an answer', async () => {
    const { platform, target, states } = await meet(answer(500), { firstPause: 10 })
    await outcomes(target, 5)
    await expect.poll(() => target.breaker).toBe('half_open')
    platform.behave = always(answer(200))
    expect(await outcome(target)).toBe(200)
    expect(target.breaker).toBe('closed')
    expect(states).toEqual(['open', 'half_open', 'closed'])
    expect(await outcomes(target, 3)).toEqual([200, 200, 200])
  })

  test('lets one through while it is half open', async () => {
    const { platform, target } = await meet(answer(500), { firstPause: 10 })
    await outcomes(target, 5)
    await expect.poll(() => target.breaker).toBe('half_open')
    platform.behave = always({ kind: 'hang' })
    const caller = new AbortController()
    const tried = target.send(GET, caller.signal)
    await expect.poll(() => platform.received.length).toBe(6)
    expect(await outcomes(target, 3)).toEqual(Array(3).fill('circuit_open'))
    caller.abort(new Error('enough'))
    await expect(tried).rejects.toThrow('enough')
    expect(platform.received).toHaveLength(6)
  })

  test('is not closed by a try that was given up, and pauses longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    cleanups.push(async () => void vi.useRealTimers())
    const { platform, target, states } = await meet(answer(500), { firstPause: 50 })
    await outcomes(target, 5)
    platform.behave = always({ kind: 'hang' })
    for (let tries = 1; tries <= 3; tries += 1) {
      vi.advanceTimersByTime(50 * 2 ** (tries - 1))
      expect(target.breaker).toBe('half_open')
      const caller = new AbortController()
      const tried = target.send(GET, caller.signal)
      await expect.poll(() => platform.received.length).toBe(5 + tries)
      caller.abort(new Error('enough'))
      await expect(tried).rejects.toThrow('enough')
      expect(target.breaker).toBe('open')
      const pause = await target.send(GET, NEVER).catch((error: OutboundError) => error.retryAfter)
      expect(pause).toBe(50 * 2 ** tries)
    }
    expect(states).toEqual(['open', ...Array(3).fill(['half_open', 'open']).flat()])
  })

  test('of one target is not that of another', async () => {
    const dead = await meet(answer(500))
    const alive = await meet(answer(200))
    await outcomes(dead.target, 5)
    expect(dead.target.breaker).toBe('open')
    expect(await outcomes(alive.target, 3)).toEqual([200, 200, 200])
  })
})
