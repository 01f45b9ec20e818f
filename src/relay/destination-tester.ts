import { type Bridge, type Verdict, verdictOf } from '../dialect/bridge.ts'
import type { DeliveryRequest } from '../model/delivery.ts'
import { type Destination, WEBHOOK } from '../model/destination.ts'
import { LaurelError, type Violation } from '../model/errors.ts'
import { type Instant, TICKS_PER_MILLISECOND } from '../model/instant.ts'
import type { Binding } from '../model/title.ts'
import type { Outbound, OutboundRequest, Target } from '../outbound/contract.ts'
import {
  CredentialError,
  type Credentials,
  checkReference,
  redactCredential,
} from '../outbound/credentials.ts'
import { OutboundError } from '../outbound/outbound-error.ts'
import type { DestinationTest, DestinationTester } from '../service/destinations/destination-tester.ts'
import { platformRequest, storedRequest, storedResponse } from './request.ts'
import { limitsOf } from './target.ts'
import { webhookProbe, webhookVerdict } from './webhook.ts'

export interface DestinationTesterDependencies {
  readonly outbound: Outbound
  readonly credentials: Credentials
  readonly bridges: ReadonlyMap<string, Bridge>
  readonly now: () => Instant
}

export function createDestinationTester(dependencies: DestinationTesterDependencies): DestinationTester {
  const { outbound } = dependencies
  return {
    check({ url, credential }) {
      return [
        ...violationsOf(() => outbound.checkUrl(url)),
        ...violationsOf(() => credential !== '' && checkReference(credential)),
      ]
    },

    async test(destination, binding, signal) {
      const start = performance.now()
      const outcome = await call(dependencies, destination, binding, signal)
      const ticks = Math.round((performance.now() - start) * Number(TICKS_PER_MILLISECOND))
      return { succeeded: outcome.error === '', ...outcome, duration: BigInt(ticks) }
    },
  }
}

type Outcome = Omit<DestinationTest, 'succeeded' | 'duration'>

/** Uses a new target: the circuit breaker of a shared one would report the past. */
async function call(
  dependencies: DestinationTesterDependencies,
  destination: Destination,
  binding: Binding | undefined,
  signal: AbortSignal,
): Promise<Outcome> {
  let target: Target | undefined
  let request: DeliveryRequest | undefined
  try {
    const probe = await probeOf(dependencies, destination, binding)
    target = dependencies.outbound.to(destination.url, limitsOf(destination))
    request = storedRequest(destination, probe.request)
    const { status, body } = await target.send(probe.request, signal)
    const verdict = probe.interpret(status)
    return {
      request,
      response: storedResponse({ status, body: redactCredential(body, probe.secret) }),
      error: verdict.kind === 'delivered' ? '' : verdict.reason,
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!isReportable(error)) throw error
    const wasSent = error instanceof OutboundError && MAY_HAVE_ARRIVED.has(error.kind)
    return { request: wasSent ? request : undefined, response: undefined, error: error.message }
  } finally {
    await target?.close()
  }
}

interface Probe {
  readonly request: OutboundRequest
  readonly interpret: (status: number) => Verdict
  /** The secret in the request, to redact in the response; a webhook's secret is never sent. */
  readonly secret: string | undefined
}

/** Returns a request that changes nothing at the destination. */
async function probeOf(
  { credentials, bridges, now }: DestinationTesterDependencies,
  destination: Destination,
  binding: Binding = {},
): Promise<Probe> {
  const { dialect, credential: reference, titleId } = destination
  const secret = reference === '' ? '' : await credentials.read(reference, titleId)
  if (dialect === WEBHOOK) {
    const request = webhookProbe(destination, secret, now())
    return { request, interpret: webhookVerdict, secret: undefined }
  }
  const bridge = bridges.get(dialect)
  if (bridge === undefined) throw new Error(`there is no bridge to ${dialect}`)
  const credential = reference === '' ? undefined : { reference, secret }
  const request = platformRequest(bridge.probe({ titleId, binding }), credential)
  return { request, interpret: verdictOf, secret: credential?.secret }
}

/** Whether the error belongs in the test's result; any other is a fault of Laurel. */
function isReportable(error: unknown): error is Error {
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
