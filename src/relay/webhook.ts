import { Webhook } from 'standardwebhooks'
import { type Verdict, verdictOf } from '../dialect/bridge.ts'
import type { Destination } from '../model/destination.ts'
import type { Event } from '../model/event.ts'
import { formatJson } from '../model/exact-json.ts'
import { formatInstant, type Instant, TICKS_PER_SECOND } from '../model/instant.ts'
import type { JsonObject } from '../model/json.ts'
import { CredentialError } from '../outbound/credentials.ts'
import { writeEventJson } from '../service/events/event-json.ts'

/** Sent to the destination's URL itself. */
export interface WebhookRequest {
  readonly method: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Recipient = Pick<Destination, 'titleId' | 'id' | 'credential'>

/**
 * Returns an event in CloudEvents 1.0 structured JSON, signed by Standard Webhooks. Retries of an event differ only in
 * timestamp and signatures.
 * @param secrets the text of the destination's credential
 * @param time of the attempt
 * @throws CredentialError for an invalid secret
 */
export function webhookRequest(
  event: Event,
  recipient: Recipient,
  secrets: string,
  time: Instant,
): WebhookRequest {
  const message = {
    ...envelope(event.titleId, String(event.id), typeOf(event.kind), event.time),
    subject: event.achievementId || event.playerId,
    data: writeEventJson(event),
  }
  return sign(message, recipient, secrets, time)
}

/** Returns an event of the type `laurel.test`, which only tests that the webhook can be reached. */
export function webhookProbe(recipient: Recipient, secrets: string, time: Instant): WebhookRequest {
  const { titleId, id } = recipient
  const message = {
    ...envelope(titleId, `test-${time}`, 'test', time),
    data: { title_id: titleId, destination_id: id },
  }
  return sign(message, recipient, secrets, time)
}

/** 410 Gone refuses the event for good; any other failure is retried. */
export function webhookVerdict(status: number): Verdict {
  const verdict = verdictOf(status)
  if (verdict.kind === 'delivered') return verdict
  return { kind: status === 410 ? 'refused' : 'retry', reason: verdict.reason }
}

function typeOf(kind: Event['kind']): string {
  return kind.startsWith('player_') ? kind.replace('_', '.') : `achievement.${kind}`
}

function envelope(titleId: string, id: string, type: string, time: Instant) {
  return {
    specversion: '1.0',
    id,
    source: `/laurel/titles/${encodeURIComponent(titleId)}`,
    type: `laurel.${type}`,
    time: formatInstant(time),
    datacontenttype: 'application/json',
  }
}

function sign(
  message: JsonObject & { readonly id: string },
  { credential }: Recipient,
  secrets: string,
  time: Instant,
): WebhookRequest {
  const body = formatJson(message)
  const seconds = Number(time / TICKS_PER_SECOND)
  const signatures = secretsIn(secrets, credential).map((secret) =>
    new Webhook(secret).sign(message.id, new Date(seconds * 1000), body),
  )
  const headers = {
    'content-type': 'application/cloudevents+json',
    'webhook-id': message.id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': signatures.join(' '),
  }
  return { method: 'POST', headers, body }
}

const PREFIX = 'whsec_'
/** By Standard Webhooks. */
const MIN_SECRET_BYTES = 24
const MAX_SECRET_BYTES = 64

/** Returns one secret, or two during a rotation, the newest first. */
function secretsIn(text: string, reference: string): readonly string[] {
  const secrets = text.trim().split(/\s+/)
  if (secrets.length <= 2 && secrets.every(isSecret)) return secrets
  const format = `${PREFIX} and ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes in base64`
  throw new CredentialError(
    reference,
    `must hold one secret, or two with a space between, of the form ${format}`,
  )
}

function isSecret(text: string): boolean {
  const encoded = text.slice(PREFIX.length)
  const bytes = Buffer.from(encoded, 'base64')
  const isEncoded = text.startsWith(PREFIX) && bytes.toString('base64') === encoded
  return isEncoded && bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES
}
