import { randomUUID } from 'node:crypto'
import type { Bridge } from '../dialect/bridge.ts'
import type { Destination } from '../model/destination.ts'
import { LaurelError } from '../model/errors.ts'
import { type Duration, TICKS_PER_MILLISECOND } from '../model/instant.ts'
import { CredentialError, type Credentials } from '../outbound/credentials.ts'
import type { Outbound, Target } from '../outbound/outbound.ts'
import { withoutSecret } from '../outbound/redact-credential.ts'
import { type ClaimedDeliveries, claimDeliveries } from '../service/destinations/claim-deliveries.ts'
import { completeDeliveries, type SentDeliveries } from '../service/destinations/complete-deliveries.ts'
import { parkDeliveries } from '../service/destinations/park-deliveries.ts'
import type { Services } from '../service/services.ts'
import type { Logger } from '../telemetry/log.ts'
import { targetOf } from './blocked-target.ts'
import type { DeliveryCounts } from './delivery-counts.ts'
import { RateLimiter } from './rate-limiter.ts'
import { limitsOf } from './request.ts'
import { planRequests } from './request-plan.ts'
import { send, unsent } from './send.ts'

export interface DestinationWorkerDependencies {
  readonly services: Services
  readonly outbound: Outbound
  readonly credentials: Credentials
  readonly bridges: ReadonlyMap<string, Bridge>
  readonly log: Logger
  /** How long a player's deliveries are one process's to send. */
  readonly leaseTime: Duration
  readonly counts: DeliveryCounts
}

/**
 * Sends what there is for one destination, as it is at one etag: as many players at a time as it allows. It has a
 * connection, a circuit and a pace of its own, so that one that is slow or dead makes nobody else wait.
 */
export class DestinationWorker {
  readonly destination: Destination
  readonly #parts: DestinationWorkerDependencies
  readonly #target: Target
  readonly #rateLimiter: RateLimiter
  readonly #stopping = new AbortController()
  readonly #sending = new Set<Promise<void>>()
  #sent: SentDeliveries[] = []
  #settling: Promise<void> | undefined
  #claiming: Promise<void> | undefined
  /** The last claim took all that it could: there may be more. */
  #isMore = false

  constructor(destination: Destination, parts: DestinationWorkerDependencies) {
    this.destination = destination
    this.#parts = parts
    this.#target = targetOf(parts.outbound, destination.url, limitsOf(destination))
    this.#rateLimiter = new RateLimiter(destination.limits.requestsPerSecond)
    this.#target.onBreaker((state) => {
      const { titleId, id: destinationId } = destination
      parts.log.warn({ titleId, destinationId, state }, 'the circuit breaker of a destination changed')
    })
  }

  get breaker(): Target['breaker'] {
    return this.#target.breaker
  }

  /** Players are due: takes up as many as there is room for. */
  poke(): void {
    this.#claiming ??= this.#claim()
      .catch((error: Error) => this.#warn(error, 'deliveries could not be taken up'))
      .finally(() => {
        this.#claiming = undefined
      })
  }

  /** Begins nothing any more, waits for so long for what is under way, and breaks off the rest. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopping.abort()
    await this.#claiming
    const timer = setTimeout(() => void this.#target.close(), milliseconds)
    while (this.#sending.size > 0) await Promise.all(this.#sending)
    clearTimeout(timer)
    await this.#settling
    await this.#target.close()
  }

  async #claim(): Promise<void> {
    const { services, leaseTime } = this.#parts
    const { limits } = this.destination
    await parkDeliveries(services, this.destination, NEVER)
    while (!this.#stopping.signal.aborted && this.#target.breaker !== 'open') {
      const most = this.#target.breaker === 'half_open' ? 1 : limits.maxInFlight
      const limit = most - this.#sending.size
      if (limit <= 0) return
      // A request must have its time, and so must writing down what came of it.
      const least = limits.timeout * 2n
      const options = { lease: randomUUID(), leaseTime: leaseTime > least ? leaseTime : least, limit }
      const deadline =
        performance.now() + Number((options.leaseTime - limits.timeout / 2n) / TICKS_PER_MILLISECOND)
      const claimed = await claimDeliveries(services, this.destination, options, NEVER)
      this.#isMore = claimed.length === limit
      if (claimed.length === 0) return
      for (const one of claimed) {
        const sending = this.#deliver(one, deadline).finally(() => {
          this.#sending.delete(sending)
          if (this.#isMore) this.poke()
        })
        this.#sending.add(sending)
      }
    }
  }

  async #deliver(claimed: ClaimedDeliveries, deadline: number): Promise<void> {
    const time = new AbortController()
    const timer = setTimeout(() => time.abort(), deadline - performance.now())
    const sent = await this.#sendAll(claimed, deadline, time.signal)
    clearTimeout(timer)
    // Only now: what is being written down meanwhile is another list.
    this.#sent.push(sent)
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined
    })
    await this.#settling
  }

  async #sendAll(claimed: ClaimedDeliveries, deadline: number, signal: AbortSignal): Promise<SentDeliveries> {
    const { credentials, bridges, services } = this.#parts
    const { credential: reference, dialect, titleId } = this.destination
    try {
      const secret =
        reference === '' ? undefined : { reference, secret: await credentials.read(reference, titleId) }
      const bridge = bridges.get(dialect)
      const planned = planRequests(this.destination, claimed, bridge, secret, services.now())
      const target = this.#target
      const sender: Pick<Target, 'send' | 'breaker'> = {
        get breaker() {
          return target.breaker
        },
        async send(...asked) {
          const response = await target.send(...asked)
          return { ...response, body: withoutSecret(response.body, secret?.secret) }
        },
      }
      return await send(
        this.destination,
        { sender, rateLimiter: this.#rateLimiter, deadline },
        claimed,
        planned,
        signal,
      )
    } catch (error) {
      if (error instanceof CredentialError || error instanceof LaurelError) {
        return unsent(claimed, error.message)
      }
      this.#warn(error as Error, 'deliveries of a player could not be sent')
      return unsent(claimed, 'a fault of the server, which its log tells of')
    }
  }

  /** What ends while something is written goes out together with the next. */
  async #settle(): Promise<void> {
    while (this.#sent.length > 0) {
      const sent = this.#sent.splice(0, COMPLETE_BATCH_SIZE)
      try {
        await completeDeliveries(this.#parts.services, this.destination, sent, NEVER)
        this.#parts.counts.add(sent)
      } catch (error) {
        // They are sent again when their leases end, under the same keys.
        this.#warn(error as Error, 'what became of deliveries could not be written down')
      }
    }
  }

  #warn(error: Error, message: string): void {
    const { titleId, id: destinationId } = this.destination
    this.#parts.log.warn({ titleId, destinationId, error: error.message }, message)
  }
}

/** Players at most: with all that was answered to them, it is one statement. */
const COMPLETE_BATCH_SIZE = 32

/** What was begun with the database is brought to its end. */
const NEVER = new AbortController().signal
