import { randomUUID } from 'node:crypto'
import type { Bridge } from '../dialect/bridge.ts'
import type { Destination } from '../model/destination.ts'
import { LaurelError } from '../model/errors.ts'
import { type Duration, TICKS_PER_MILLISECOND } from '../model/instant.ts'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import type { Outbound, Target } from '../outbound/contract.ts'
import { CredentialError, type Credentials, redactCredential } from '../outbound/credentials.ts'
import {
  type ClaimedDeliveries,
  claimDeliveries,
  parkDeliveries,
} from '../service/destinations/claim-deliveries.ts'
import { completeDeliveries, type SentDeliveries } from '../service/destinations/complete-deliveries.ts'
import type { Services } from '../service/services.ts'
import type { Logger } from '../telemetry/log.ts'
import { areTracesOn, inSpan } from '../telemetry/spans.ts'
import { StormLimit } from '../telemetry/storm-limit.ts'
import { planRequests } from './request-plan.ts'
import { RateLimiter, send, unsentDeliveries } from './send.ts'
import { targetFor } from './target.ts'

/** Players whose deliveries are completed in one statement; it holds all their stored requests and responses. */
const COMPLETE_BATCH_SIZE = 32

/** Maps the states of results to the outcomes of the metric. `retried` and `unsent` deliveries are sent again. */
const OUTCOMES = {
  delivered: 'delivered',
  pending: 'retried',
  probed: 'retried',
  unsent: 'unsent',
  unsupported: 'unsupported',
  dead: 'dead',
} as const

export type DeliveryOutcome = (typeof OUTCOMES)[keyof typeof OUTCOMES]

/** Counts deliveries by outcome. */
export class DeliveryCounts {
  readonly #counts = new Map<DeliveryOutcome, number>(Object.values(OUTCOMES).map((name) => [name, 0]))

  add(sent: readonly SentDeliveries[]): void {
    for (const { state } of sent.flatMap(({ results }) => results)) {
      const outcome = OUTCOMES[state]
      this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
    }
  }

  entries(): Iterable<[DeliveryOutcome, number]> {
    return this.#counts.entries()
  }
}

export interface DestinationWorkerDependencies {
  readonly services: Services
  readonly outbound: Outbound
  readonly credentials: Credentials
  readonly bridges: ReadonlyMap<string, Bridge>
  readonly log: Logger
  /** How long a process has the exclusive right to send a player's deliveries. */
  readonly leaseTime: Duration
  readonly counts: DeliveryCounts
}

/**
 * Sends the deliveries of one revision of one destination, `maxInFlight` players at a time. It has its own connections,
 * circuit breaker and rate limiter, so that a slow or dead destination delays no other.
 */
export class DestinationWorker {
  readonly destination: Destination
  readonly #dependencies: DestinationWorkerDependencies
  readonly #target: Target
  readonly #rateLimiter: RateLimiter
  readonly #stopping = new AbortController()
  readonly #sending = new Set<Promise<void>>()
  readonly #deadLimit = new StormLimit(1)
  #sent: SentDeliveries[] = []
  #completing: Promise<void> | undefined
  #claiming: Promise<void> | undefined
  /** The last claim was full. */
  #hasMore = false

  constructor(destination: Destination, dependencies: DestinationWorkerDependencies) {
    this.destination = destination
    this.#dependencies = dependencies
    this.#target = targetFor(dependencies.outbound, destination)
    this.#rateLimiter = new RateLimiter(destination.limits.requestsPerSecond)
    this.#target.onBreaker((state) => {
      const { titleId, id: destinationId } = destination
      dependencies.log.warn({ titleId, destinationId, state }, 'the circuit breaker of a destination changed')
    })
  }

  get breaker(): Target['breaker'] {
    return this.#target.breaker
  }

  /** Claims due players, unless it is claiming already. */
  poke(): void {
    this.#claiming ??= this.#claim()
      .catch((error: Error) =>
        this.#warn(error, 'cannot claim deliveries: it is tried again at the next poll'),
      )
      .finally(() => {
        this.#claiming = undefined
      })
  }

  /** Starts no more requests, waits for those in progress, and aborts them after the grace period. */
  async stop(graceMilliseconds: number): Promise<void> {
    this.#stopping.abort()
    await this.#claiming
    const timer = setTimeout(() => void this.#target.close(), graceMilliseconds)
    while (this.#sending.size > 0) await Promise.all(this.#sending)
    clearTimeout(timer)
    await this.#completing
    await this.#target.close()
  }

  async #claim(): Promise<void> {
    const { services, leaseTime } = this.#dependencies
    const { limits } = this.destination
    await parkDeliveries(services, this.destination, NEVER_ABORTED)
    while (!this.#stopping.signal.aborted && this.#target.breaker !== 'open') {
      const maxInFlight = this.#target.breaker === 'half_open' ? 1 : limits.maxInFlight
      const limit = maxInFlight - this.#sending.size
      if (limit <= 0) return
      // Long enough for one request and for storing its result.
      const minLeaseTime = limits.timeout * 2n
      const options = {
        lease: randomUUID(),
        leaseTime: leaseTime > minLeaseTime ? leaseTime : minLeaseTime,
        limit,
      }
      const deadline =
        performance.now() + Number((options.leaseTime - limits.timeout / 2n) / TICKS_PER_MILLISECOND)
      const claimed = await claimDeliveries(services, this.destination, options, NEVER_ABORTED)
      this.#hasMore = claimed.length === limit
      if (claimed.length === 0) return
      for (const ofPlayer of claimed) {
        const sending = this.#deliver(ofPlayer, deadline).finally(() => {
          this.#sending.delete(sending)
          if (this.#hasMore) this.poke()
        })
        this.#sending.add(sending)
      }
    }
  }

  async #deliver(claimed: ClaimedDeliveries, deadline: number): Promise<void> {
    const expiry = new AbortController()
    const timer = setTimeout(() => expiry.abort(), deadline - performance.now())
    const sent = await this.#send(claimed, deadline, expiry.signal)
    clearTimeout(timer)
    this.#sent.push(sent)
    this.#completing ??= this.#complete().finally(() => {
      this.#completing = undefined
    })
    await this.#completing
  }

  async #send(claimed: ClaimedDeliveries, deadline: number, signal: AbortSignal): Promise<SentDeliveries> {
    const { credentials, bridges, services } = this.#dependencies
    const { credential: reference, dialect, titleId } = this.destination
    try {
      const secret =
        reference === '' ? undefined : { reference, secret: await credentials.read(reference, titleId) }
      const bridge = bridges.get(dialect)
      const plan = planRequests(this.destination, claimed, bridge, secret, services.now())
      const target = this.#target
      const sender: Pick<Target, 'send' | 'breaker'> = {
        get breaker() {
          return target.breaker
        },
        async send(request, cancelled) {
          const response = await target.send(request, cancelled)
          return { ...response, body: redactCredential(response.body, secret?.secret) }
        },
      }
      return await this.#traced(claimed, () =>
        send(this.destination, { sender, rateLimiter: this.#rateLimiter, deadline }, claimed, plan, signal),
      )
    } catch (error) {
      if (error instanceof CredentialError || error instanceof LaurelError) {
        return unsentDeliveries(claimed, error.message)
      }
      this.#warn(error as Error, 'cannot send the deliveries of a player: they are retried')
      return unsentDeliveries(claimed, 'internal error: see the log of the server')
    }
  }

  /** Runs the sending of a player's deliveries as a part of the traces of the reports that caused them. */
  async #traced<Result>(
    { claim, attempts }: ClaimedDeliveries,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (!areTracesOn()) return work()
    const { titleId, id, dialect } = this.destination
    const ids = attempts.map(({ event }) => event.id)
    const causes = await this.#dependencies.services.store
      .read(this.#stopping.signal, (queries) => queries.events.listTraces(claim.playerId, ids))
      .catch(() => [])
    const attributes = {
      'laurel.title_id': titleId,
      'laurel.destination_id': id,
      'laurel.dialect': dialect,
      'laurel.deliveries': attempts.length,
    }
    return inSpan('deliver events', { kind: 'internal', attributes, causes }, work)
  }

  /** Results that arrive during a write are stored with the next batch. */
  async #complete(): Promise<void> {
    while (this.#sent.length > 0) {
      const sent = this.#sent.splice(0, COMPLETE_BATCH_SIZE)
      try {
        await completeDeliveries(this.#dependencies.services, this.destination, sent, NEVER_ABORTED)
        this.#dependencies.counts.add(sent)
        this.#logDead(sent)
      } catch (error) {
        // The leases expire, and the deliveries are sent again with the same idempotency keys.
        this.#warn(error as Error, 'cannot store the results of deliveries: they are sent again')
      }
    }
  }

  #logDead(sent: readonly SentDeliveries[]): void {
    const dead = sent.flatMap(({ results }) => results).filter(({ state }) => state === 'dead').length
    const omitted = dead === 0 ? undefined : this.#deadLimit.admit('dead')
    if (omitted === undefined) return
    const { titleId, id: destinationId } = this.destination
    this.#dependencies.log.warn(
      { titleId, destinationId, deliveries: dead, omitted },
      'deliveries were given up: laurel deliveries list shows the responses, laurel deliveries replay sends them again',
    )
  }

  #warn(error: Error, message: string): void {
    const { titleId, id: destinationId } = this.destination
    this.#dependencies.log.warn({ titleId, destinationId, error: error.message }, message)
  }
}
