import { randomBytes } from 'node:crypto'
import { type CloudEvent, HTTP } from 'cloudevents'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { EVENT_KINDS, type Event } from '../src/model/event.ts'
import { type Instant, instantFromMilliseconds, parseInstant } from '../src/model/instant.ts'
import { webhookProbe, webhookRequest, webhookVerdict } from '../src/relay/webhook.ts'

const recipient = { titleId: 'harbor lights/é', id: 'ours', credential: 'env:LAUREL_CREDENTIAL_HOOK' }
const event: Event = {
  id: 9_007_199_254_740_993n,
  titleId: recipient.titleId,
  playerId: 'ada',
  achievementId: 'lamp',
  kind: 'unlocked',
  time: parseInstant('2026-03-04T05:06:07.1234567Z') as Instant,
  state: 'achieved',
  percent: 100,
  unlockTime: parseInstant('2026-03-04T05:06:07.1234567Z') as Instant,
  actor: 'server',
  reason: '',
  requestId: 'r1',
}
const now = instantFromMilliseconds(Date.now())

function secret(bytes = 32): string {
  return `whsec_${randomBytes(bytes).toString('base64')}`
}

function received(headers: Readonly<Record<string, string>>, body: string) {
  return HTTP.toEvent({ headers: { ...headers }, body }) as CloudEvent<Record<string, unknown>>
}

describe('an event', () => {
  test('is a valid CloudEvent', () => {
    const { method, headers, body } = webhookRequest(event, recipient, secret(), now)
    const read = received(headers, body)
    expect(read.validate()).toBe(true)
    expect(method).toBe('POST')
    expect(headers['content-type']).toBe('application/cloudevents+json')
    expect(read).toMatchObject({
      specversion: '1.0',
      id: '9007199254740993',
      type: 'laurel.achievement.unlocked',
      subject: 'lamp',
      source: '/laurel/titles/harbor%20lights%2F%C3%A9',
      datacontenttype: 'application/json',
    })
    expect(read.data).toEqual({
      event_id: '9007199254740993',
      title_id: 'harbor lights/é',
      player_id: 'ada',
      kind: 'unlocked',
      achievement_id: 'lamp',
      state: 'achieved',
      percent: 100,
      time: '2026-03-04T05:06:07.1234567Z',
      unlock_time: '2026-03-04T05:06:07.1234567Z',
      actor: 'server',
      reason: '',
      request_id: 'r1',
    })
    expect(JSON.parse(body).time).toBe('2026-03-04T05:06:07.1234567Z')
  })

  test('of any kind is a valid CloudEvent', () => {
    for (const kind of EVENT_KINDS) {
      const { headers, body } = webhookRequest({ ...event, kind }, recipient, secret(), now)
      const read = received(headers, body)
      expect(read.validate()).toBe(true)
      expect(read.type).toBe(
        kind.startsWith('player_') ? `laurel.${kind.replace('_', '.')}` : `laurel.achievement.${kind}`,
      )
    }
  })

  test('of a deleted player has no achievement', () => {
    const deleted = { ...event, kind: 'player_deleted', achievementId: '', unlockTime: undefined } as const
    const { body } = webhookRequest(deleted, recipient, secret(), now)
    const withoutAchievement = { achievement_id: null, state: null, percent: null, unlock_time: null }
    expect(JSON.parse(body)).toMatchObject({
      subject: 'ada',
      data: { player_id: 'ada', ...withoutAchievement },
    })
  })

  test('of a definition has no player', () => {
    const changed = { ...event, kind: 'definition_changed', playerId: '', unlockTime: undefined } as const
    const { body } = webhookRequest(changed, recipient, secret(), now)
    const withoutPlayer = { player_id: null, state: null, percent: null, unlock_time: null }
    expect(JSON.parse(body).data).toMatchObject(withoutPlayer)
  })

  test('is the same in each attempt, except timestamp and signature', () => {
    const hook = secret()
    const first = webhookRequest(event, recipient, hook, now)
    const second = webhookRequest(event, recipient, hook, now + 600_000_000n)
    expect(second.body).toBe(first.body)
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(second.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp'])
    expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature'])
    expect(webhookRequest(event, recipient, hook, now)).toEqual(first)
  })
})

describe('a signature', () => {
  test('can be verified with the secret', () => {
    const hook = secret()
    const { headers, body } = webhookRequest(event, recipient, hook, now)
    expect(new Webhook(hook).verify(body, headers)).toMatchObject({ id: String(event.id) })
    expect(() => new Webhook(hook).verify(body.replace('ada', 'eve'), headers)).toThrow()
    expect(() => new Webhook(secret()).verify(body, headers)).toThrow()
  })

  test('can be verified with either of two secrets, the newest first', () => {
    const [newest, older] = [secret(24), secret(64)]
    const { headers, body } = webhookRequest(event, recipient, `  ${newest}\n\t${older} `, now)
    for (const hook of [newest, older]) {
      expect(new Webhook(hook).verify(body, headers)).toMatchObject({ id: String(event.id) })
    }
    const alone = webhookRequest(event, recipient, newest, now).headers['webhook-signature']
    expect(headers['webhook-signature']?.split(' ')[0]).toBe(alone)
  })

  test.each([
    ['nothing', ''],
    ['another prefix', 'secret_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G'],
    ['no prefix', secret().slice('whsec_'.length)],
    ['no base64', `whsec_${'!'.repeat(40)}`],
    ['no padding', secret(25).replace(/=+$/, '')],
    ['too little', secret(23)],
    ['too much', secret(65)],
    ['three', [secret(), secret(), secret()].join(' ')],
    ['a good one beside a bad one', `${secret()} whsec_bad`],
  ])('fails for a secret with %s, and the error does not quote it', (_, text) => {
    const attempt = () => webhookRequest(event, recipient, text, now)
    expect(attempt).toThrow(/^credential "env:LAUREL_CREDENTIAL_HOOK" must hold one secret/)
    for (const word of text.split(/\s+/).filter((part) => part.length > 8)) {
      expect(attempt).not.toThrow(word)
    }
  })

  test('is valid for any text', () => {
    const hook = secret()
    const ids = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.isWellFormed())
    fc.assert(
      fc.property(ids, ids, ids, fc.string(), (playerId, achievementId, titleId, reason) => {
        const changed = { ...event, playerId, achievementId, titleId, reason }
        const { headers, body } = webhookRequest(changed, recipient, hook, now)
        expect(new Webhook(hook).verify(body, headers)).toMatchObject({
          data: { player_id: playerId, achievement_id: achievementId, title_id: titleId, reason },
        })
      }),
    )
  })
})

test('a test event names the title and the destination only', () => {
  const hook = secret()
  const { headers, body } = webhookProbe(recipient, hook, now)
  const read = received(headers, body)
  expect(read.validate()).toBe(true)
  expect(read.type).toBe('laurel.test')
  expect(read.data).toEqual({ title_id: recipient.titleId, destination_id: 'ours' })
  expect(new Webhook(hook).verify(body, headers)).toMatchObject({ id: read.id })
})

test.each([
  [200, 'delivered'],
  [204, 'delivered'],
  [299, 'delivered'],
  [304, 'retry'],
  [400, 'retry'],
  [401, 'retry'],
  [404, 'retry'],
  [410, 'refused'],
  [429, 'retry'],
  [500, 'retry'],
])('%i means %s', (status, kind) => {
  expect(webhookVerdict(status).kind).toBe(kind)
})
