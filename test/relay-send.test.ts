import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../src/model/never-aborted.ts'
import { openOutbound } from '../src/outbound/outbound.ts'
import { planRequests } from '../src/relay/request-plan.ts'
import { RateLimiter, send } from '../src/relay/send.ts'
import { changeOf } from './support/changes.ts'
import { type FakePlatform, respond, script, startFakePlatform } from './support/fake-platform.ts'
import { HOOK, HOOK_SECRET } from './support/relay.ts'

let platform: FakePlatform
beforeAll(async () => {
  platform = await startFakePlatform()
})
afterAll(() => platform.close())

const titleId = 'harbor-lights'
const times = { createTime: 0n, updateTime: 0n, etag: '' }

/** Sends two events of a player after a number of failed attempts in a row. */
async function sendTwo(deadline: number, failures = 0, maxAttempts = 10) {
  await using stack = new AsyncDisposableStack()
  const outbound = openOutbound({ allowPrivate: [] })
  stack.defer(() => outbound.close())
  const destination = {
    titleId,
    id: 'hook',
    displayName: '',
    url: platform.url,
    paused: false,
    ...HOOK,
    ...times,
    filter: { kinds: [], achievementIds: [], playerIds: [] },
    limits: { requestsPerSecond: 1, maxInFlight: 1, maxAttempts, timeout: 10_000_000n },
  }
  const events = ['lamp', 'bell'].map((id) => changeOf({ id }, { kind: 'unlocked' }).event)
  const claimed = {
    claim: { playerId: 'ada', lease: 'ours', dueTime: 0n, failures },
    title: {
      id: titleId,
      displayName: '',
      defaultLocale: 'en',
      bindings: {},
      extensions: {},
      maskHiddenInGateways: false,
      ...times,
    },
    attempts: events.map((event) => ({ event, number: 1 })),
    account: '',
    achievements: new Map(),
    progress: new Map(),
    deliveredPercents: new Map(),
  }
  const secret = { reference: HOOK.credential, secret: HOOK_SECRET }
  const plan = planRequests(destination, claimed, undefined, secret, 0n)
  const context = { sender: outbound.to(platform.url), rateLimiter: new RateLimiter(1000), deadline }
  const sent = await send(destination, context, claimed, plan, NEVER_ABORTED)
  const { backoffTime, pauseTime } = sent
  return {
    states: sent.results.map(({ state }) => state),
    failures: sent.failures,
    errors: sent.results.map(({ error }) => error),
    backoffSeconds: Number(backoffTime) / 1e7,
    pauseSeconds: Number(pauseTime) / 1e7,
  }
}

test('sends nothing after the deadline, even if no timer has fired yet', async () => {
  expect((await sendTwo(performance.now())).states).toEqual(['unsent', 'unsent'])
  expect(platform.received).toEqual([])
  expect((await sendTwo(performance.now() + 60_000)).states).toEqual(['delivered', 'delivered'])
})

test('counts failures in a row from the last success', async () => {
  const later = performance.now() + 60_000
  platform.behave = script(respond(500))
  expect(await sendTwo(later, 4)).toMatchObject({ states: ['pending', 'unsent'], failures: 5 })
  platform.behave = script(respond(200), respond(500))
  expect(await sendTwo(later, 4)).toMatchObject({ states: ['delivered', 'pending'], failures: 1 })
})

const HOUR = { headers: { 'retry-after': '3600' } }

test('a long wait is that of the player, and of the destination for a minute', async () => {
  platform.behave = script(respond(429, HOUR))
  const sent = await sendTwo(performance.now() + 60_000)
  expect(sent).toMatchObject({ states: ['pending', 'unsent'], pauseSeconds: 60 })
  expect(sent.backoffSeconds).toBeGreaterThanOrEqual(3600)
  expect(sent.errors[0]).toContain('the destination asks to wait 3600 s')
})

test.each([
  ['refused for good', 410, 10],
  ['tried for the last time', 429, 1],
])('a delivery that is %s ends its own wait', async (_, status, maxAttempts) => {
  platform.behave = script(respond(status, HOUR), respond(200))
  const sent = await sendTwo(performance.now() + 60_000, 0, maxAttempts)
  expect(sent).toMatchObject({ states: ['dead', 'delivered'], pauseSeconds: 0, backoffSeconds: 0 })
})
