import { type Bridge, type Verdict, verdictOf } from '../dialect/bridge.ts'
import type { DeliveryRequest } from '../model/delivery.ts'
import { type Destination, WEBHOOK } from '../model/destination.ts'
import { LaurelError, type Violation } from '../model/errors.ts'
import { type Instant, TICKS_PER_MILLISECOND } from '../model/instant.ts'
import type { Binding } from '../model/title.ts'
import { CredentialError, type Credentials, checkReference } from '../outbound/credentials.ts'
import { type Outbound, OutboundError, type OutboundRequest, type Target } from '../outbound/outbound.ts'
import { withoutSecret } from '../outbound/redact-credential.ts'
import type { DestinationTest, DestinationTester } from '../service/destinations/destination-tester.ts'
import { limitsOf, toPlatform } from './request.ts'
import { storedRequest, storedResponse } from './stored-request.ts'
import { webhookProbe, webhookVerdict } from './webhook.ts'

export interface DestinationTesterDependencies {
  readonly outbound: Outbound
  readonly credentials: Credentials
  readonly bridges: ReadonlyMap<string, Bridge>
  readonly now: () => Instant
}

export function createDestinationTester(parts: DestinationTesterDependencies): DestinationTester {
  const { outbound } = parts
  return {
    check({ url, credential }) {
      const reference = () => checkReference(credential)
      return [
        ...violationsOf(() => outbound.checkUrl(url)),
        ...(credential === '' ? [] : violationsOf(reference)),
      ]
    },

    async test(destination, binding, signal) {
      const begun = performance.now()
      const outcome = await call(parts, destination, binding, signal)
      const ticks = Math.round((performance.now() - begun) * Number(TICKS_PER_MILLISECOND))
      return { succeeded: outcome.error === '', ...outcome, duration: BigInt(ticks) }
    },
  }
}

type Outcome = Omit<DestinationTest, 'succeeded' | 'duration'>

/** Through a target of its own: a test asks what is so now, and not what a breaker remembers. */
async function call(
  parts: DestinationTesterDependencies,
  destination: Destination,
  binding: Binding | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  let target: Target | undefined
  let request: DeliveryRequest | undefined
  try {
    const { asked, verdict, secret } = await probe(parts, destination, binding)
    target = parts.outbound.to(destination.url, limitsOf(destination))
    request = storedRequest(destination, asked)
    const { status, body } = await target.send(asked, signal)
    const said = verdict(status)
    return {
      request,
      response: storedResponse({ status, body: withoutSecret(body, secret) }),
      error: said.kind === 'delivered' ? '' : said.why,
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!isDeliverable(error)) throw error
    const sent = error instanceof OutboundError && MAY_HAVE_ARRIVED.has(error.kind)
    return { request: sent ? request : undefined, response: undefined, error: error.message }
  } finally {
    await target?.close()
  }
}

interface Probe {
  readonly asked: OutboundRequest
  readonly verdict: (status: number) => Verdict
  /** What lets Laurel in there; undefined where nothing is shown. */
  readonly secret: string | undefined
}

/** The request that changes nothing, and what an answer to it means. */
async function probe(
  { credentials, bridges, now }: DestinationTesterDependencies,
  destination: Destination,
  binding: Binding = {},
): Promise<Probe> {
  const { dialect, credential: reference, titleId } = destination
  const secret = reference === '' ? '' : await credentials.read(reference, titleId)
  if (dialect === WEBHOOK) {
    return { asked: webhookProbe(destination, secret, now()), verdict: webhookVerdict, secret: undefined }
  }
  const bridge = bridges.get(dialect)
  if (bridge === undefined) throw new Error(`there is no bridge to ${dialect}`)
  const credential = reference === '' ? undefined : { reference, secret }
  const asked = toPlatform(bridge.probe({ titleId, binding }), credential)
  return { asked, verdict: verdictOf, secret: credential?.secret }
}

/** What is said to whoever tests a destination; anything else is a fault of Laurel's own. */
function isDeliverable(error: unknown): error is Error {
  return error instanceof OutboundError || error instanceof CredentialError || error instanceof LaurelError
}

const MAY_HAVE_ARRIVED = new Set<OutboundError['kind']>(['timeout', 'dropped', 'too_large'])

function violationsOf(check: () => unknown): readonly Violation[] {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof LaurelError) return error.violations
    throw error
  }
}
