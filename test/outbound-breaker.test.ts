import { afterEach, describe, expect, test, vi } from 'vitest'
import { NEVER_ABORTED } from '../src/model/never-aborted.ts'
import type { Limits, Target } from '../src/outbound/contract.ts'
import { openOutbound } from '../src/outbound/outbound.ts'
import { OutboundError } from '../src/outbound/outbound-error.ts'
import {
  always,
  type Behaviour,
  type FakePlatform,
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

async function platformAndTarget(
  behaviour: Behaviour,
  limits: Partial<Limits> = {},
): Promise<{ platform: FakePlatform; target: Target; states: string[] }> {
  const platform = await startFakePlatform({ behave: always(behaviour) })
  const outbound = openOutbound({ allowPrivate: [] })
  cleanups.push(
    () => platform.close(),
    () => outbound.close(),
  )
  const target = outbound.to(platform.url, {
    ...PATIENT,
    firstPauseMilliseconds: LONG,
    maxPauseMilliseconds: LONG,
    ...limits,
  })
  const states: string[] = []
  target.onBreaker((state) => states.push(state))
  return { platform, target, states }
}

/** A status, or the kind of the failure. */
async function outcome(target: Target): Promise<number | string> {
  return await target.send(GET, NEVER_ABORTED).then(
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
    ['5xx', respond(503), {}, 503],
    ['broken connections', { kind: 'drop' }, {}, 'dropped'],
    ['timeouts', { kind: 'hang' }, { totalTimeoutMilliseconds: 30 }, 'timeout'],
  ] as const)('opens after %s, and then says when to retry', async (_, behaviour, limits, failed) => {
    const { platform, target, states } = await platformAndTarget(behaviour, limits)
    expect(await outcomes(target, 5)).toEqual(Array(5).fill(failed))
    expect(target.breaker).toBe('open')
    expect(states).toEqual(['open'])

    const came = platform.received.length
    const error = await target.send(GET, NEVER_ABORTED).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OutboundError)
    const { kind, retryAfterMilliseconds, isTransient, message } = error as OutboundError
    expect([kind, isTransient]).toEqual(['circuit_open', true])
    expect(retryAfterMilliseconds).toBeGreaterThan(LONG / 2)
    expect(retryAfterMilliseconds).toBeLessThanOrEqual(LONG)
    expect(message).toContain(target.host)
    expect(platform.received).toHaveLength(came)
  })

  test('opens if the server does not listen', async () => {
    const { platform, target } = await platformAndTarget(respond(200))
    await platform.close()
    cleanups.shift()
    expect(await outcomes(target, 6)).toEqual([...Array(5).fill('cannot_connect'), 'circuit_open'])
  })

  test('opens if most requests fail, without five failures in a row', async () => {
    const { platform, target } = await platformAndTarget(respond(200))
    platform.behave = (_, index) => respond(index % 4 === 3 ? 200 : 500)
    const all = await outcomes(target, 9)
    expect(all).toEqual([500, 500, 500, 200, 500, 500, 500, 200, 500])
    // Old failures leave the window: a slow machine needs more of them.
    while (all.at(-1) !== 'circuit_open') all.push(await outcome(target))
  })

  test.each([304, 400, 404, 429])('stays closed after %i', async (status) => {
    const { target, states } = await platformAndTarget(respond(status))
    expect(await outcomes(target, 20)).toEqual(Array(20).fill(status))
    expect([target.breaker, states]).toEqual(['closed', []])
  })

  test('stays closed after aborts and rejected requests', async () => {
    const { target, states } = await platformAndTarget({ kind: 'hang' })
    for (let index = 0; index < 20; index += 1) {
      const caller = new AbortController()
      const sent = target.send(GET, caller.signal)
      caller.abort(new Error('enough'))
      await expect(sent).rejects.toThrow('enough')
      await expect(target.send({ ...GET, path: '/..' }, NEVER_ABORTED)).rejects.toMatchObject({
        kind: 'refused',
      })
    }
    expect([target.breaker, states]).toEqual(['closed', []])
  })

  test('is half open after a pause, and closes after a success', async () => {
    const { platform, target, states } = await platformAndTarget(respond(500), { firstPauseMilliseconds: 10 })
    await outcomes(target, 5)
    await expect.poll(() => target.breaker).toBe('half_open')
    platform.behave = always(respond(200))
    expect(await outcome(target)).toBe(200)
    expect(target.breaker).toBe('closed')
    expect(states).toEqual(['open', 'half_open', 'closed'])
    expect(await outcomes(target, 3)).toEqual([200, 200, 200])
  })

  test('lets one request through while it is half open', async () => {
    const { platform, target } = await platformAndTarget(respond(500), { firstPauseMilliseconds: 10 })
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

  test('opens again for longer after an aborted probe', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    cleanups.push(async () => void vi.useRealTimers())
    const { platform, target, states } = await platformAndTarget(respond(500), { firstPauseMilliseconds: 50 })
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
      const pause = await target
        .send(GET, NEVER_ABORTED)
        .catch((error: OutboundError) => error.retryAfterMilliseconds)
      expect(pause).toBe(50 * 2 ** tries)
    }
    expect(states).toEqual(['open', ...Array(3).fill(['half_open', 'open']).flat()])
  })

  test('is independent of other targets', async () => {
    const dead = await platformAndTarget(respond(500))
    const alive = await platformAndTarget(respond(200))
    await outcomes(dead.target, 5)
    expect(dead.target.breaker).toBe('open')
    expect(await outcomes(alive.target, 3)).toEqual([200, 200, 200])
  })
})
