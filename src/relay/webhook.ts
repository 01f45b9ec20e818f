import { Webhook } from 'standardwebhooks'
import { type Verdict, verdictOf } from '../dialect/bridge.ts'
import type { Destination } from '../model/destination.ts'
import type { Event } from '../model/event.ts'
import { formatJson } from '../model/exact-json.ts'
import { formatInstant, type Instant, TICKS_PER_SECOND } from '../model/instant.ts'
import type { JsonObject } from '../model/json.ts'
import { CredentialError } from '../outbound/credentials.ts'
import { writeEventJson } from '../service/events/event-json.ts'

/** What a webhook is sent: the URL is the destination's as it stands. */
export interface WebhookRequest {
  readonly method: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Recipient = Pick<Destination, 'titleId' | 'id' | 'credential'>

/**
 * An event as CloudEvents 1.0 has it, signed as Standard Webhooks has it. All but the time and the signatures is the same
 * for each try of the same event.
 * @param secrets what the destination's credential refers to
 * @param time of the try
 * @throws CredentialError for what is no secret
 */
export function webhookRequest(
  event: Event,
  recipient: Recipient,
  secrets: string,
  time: Instant,
): WebhookRequest {
  const message = {
    ...envelope(event.titleId, String(event.id), event.kind, event.time),
    subject: event.achievementId,
    data: writeEventJson(event),
  }
  return signed(message, recipient, secrets, time)
}

/** What says nothing but that a webhook is reached, of the type `laurel.test`. */
export function webhookProbe(recipient: Recipient, secrets: string, time: Instant): WebhookRequest {
  const { titleId, id } = recipient
  const message = {
    ...envelope(titleId, `test-${time}`, undefined, time),
    data: { title_id: titleId, destination_id: id },
  }
  return signed(message, recipient, secrets, time)
}

/** 410 says that nobody wants it any more; anything else but a success is tried again. */
export function webhookVerdict(status: number): Verdict {
  const verdict = verdictOf(status)
  if (verdict.kind === 'delivered') return verdict
  return { kind: status === 410 ? 'refused' : 'retry', why: verdict.why }
}

function envelope(titleId: string, id: string, kind: Event['kind'] | undefined, time: Instant) {
  return {
    specversion: '1.0',
    id,
    source: `/laurel/titles/${encodeURIComponent(titleId)}`,
    type: kind === undefined ? 'laurel.test' : `laurel.achievement.${kind}`,
    time: formatInstant(time),
    datacontenttype: 'application/json',
  }
}

function signed(
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
/** As the specification has it, in bytes. */
const [SHORTEST, LONGEST] = [24, 64]

/** One, or while one takes over from another both, the newest first. */
function secretsIn(text: string, reference: string): readonly string[] {
  const secrets = text.trim().split(/\s+/)
  if (secrets.length <= 2 && secrets.every(isSecret)) return secrets
  const form = `${PREFIX} and ${SHORTEST} to ${LONGEST} bytes in base64`
  throw new CredentialError(
    reference,
    `must hold one secret, or two with a space between, of the form ${form}`,
  )
}

function isSecret(text: string): boolean {
  const encoded = text.slice(PREFIX.length)
  const bytes = Buffer.from(encoded, 'base64')
  const isEncoded = text.startsWith(PREFIX) && bytes.toString('base64') === encoded
  return isEncoded && bytes.length >= SHORTEST && bytes.length <= LONGEST
}
