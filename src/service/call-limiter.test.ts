import { expect, test } from 'vitest'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { ANONYMOUS, type Principal } from '../model/principal.ts'
import { type CallKind, CallLimiter, type OpenCall } from './call-limiter.ts'

const service = (name: string): Principal => ({ kind: 'service', name, permissions: [] })
const player = (name: string, callsPerSecond?: number): Principal => ({
  kind: 'player',
  name,
  playerId: name,
  permissions: [],
  callsPerSecond,
})

/** Opens calls until the limiter refuses one. */
function openAll(limiter: CallLimiter, principal: Principal, kind: CallKind): OpenCall[] {
  const calls: OpenCall[] = []
  for (;;) {
    try {
      calls.push(limiter.open(principal, kind))
    } catch (error) {
      expect(error).toMatchObject({ code: 'resource_exhausted', reason: 'TOO_MANY_REQUESTS', retryAfter: 1 })
      return calls
    }
  }
}

test.each<[string, Principal, CallKind, number]>([
  ['calls of a player', player('ann'), 'unary', 32],
  ['streams of a player', player('ann'), 'stream', 4],
  ['watches of a player', player('ann'), 'watch', 16],
  ['calls of a service', service('shop'), 'unary', 4096],
  ['streams of a service', service('shop'), 'stream', 64],
  ['watches of a service', service('shop'), 'watch', 1000],
  ['watches without a credential', ANONYMOUS, 'watch', 256],
])('limits the open %s, and no other caller', (_, principal, kind, limit) => {
  const limiter = new CallLimiter()
  const calls = openAll(limiter, principal, kind)
  expect(calls).toHaveLength(limit)
  limiter.open(service('ann'), kind).close()
  const [first] = calls
  first?.close()
  first?.close()
  expect(openAll(limiter, principal, kind)).toHaveLength(1)
})

test('gives the next turn to another caller, however many calls of one caller wait', async () => {
  const limiter = new CallLimiter()
  const order: string[] = []
  const running: OpenCall[] = []
  const enter = async (principal: Principal) => {
    const call = limiter.open(principal, 'unary')
    await call.turn(NEVER_ABORTED)
    running.push(call)
    order.push(principal.name)
  }
  const flood = Array.from({ length: 600 }, () => enter(service('flood')))
  const other = enter(service('shop'))
  await Promise.all(flood.slice(0, 512))
  expect(order).toHaveLength(512)
  for (const call of running.splice(0, 2)) call.close()
  await other
  expect(order.slice(512)).toEqual(['flood', 'shop'])
  while (running.length > 0) {
    running.shift()?.close()
    await undefined
  }
  await Promise.all(flood)
})

test('a call that ends while it waits gives its turn away', async () => {
  const limiter = new CallLimiter()
  const running = Array.from({ length: 512 }, () => limiter.open(service('flood'), 'unary'))
  for (const call of running) expect(call.turn(NEVER_ABORTED)).toBeUndefined()
  const ended = limiter.open(service('flood'), 'unary')
  const turn = ended.turn(NEVER_ABORTED)
  ended.close()
  running[0]?.close()
  await turn
  expect(limiter.open(service('shop'), 'unary').turn(NEVER_ABORTED)).toBeUndefined()
})

test('limits the rate of a caller', () => {
  const limiter = new CallLimiter()
  const slow = player('ann', 2)
  for (let count = 0; count < 20; count += 1) limiter.open(slow, 'unary').close()
  expect(() => limiter.open(slow, 'unary')).toThrow('more than 20 calls in 10 seconds')
  expect(limiter.count(slow)).toMatchObject({ reason: 'RATE_LIMITED' })
  limiter.open(player('ben', 2), 'unary')
})
