import { type ClientReadableStream, type ServiceError, status } from '@grpc/grpc-js'
import { type Event, EventFilter } from '../../src/gen/laurel/v1/event.ts'
import {
  EventServiceClient,
  WatchProgressRequest,
  type WatchProgressResponse,
} from '../../src/gen/laurel/v1/event_service.ts'
import { createClient } from './client.ts'

type Request = Partial<Omit<WatchProgressRequest, 'filter'>> & { readonly filter?: Partial<EventFilter> }

/** A watch over gRPC, on a client of its own, and the events that it has received. */
export class Watch {
  readonly events: Event[] = []
  /** How many responses were received, including those without events. */
  responses = 0
  resumeToken = ''
  /** The error that ended it; undefined while it runs. */
  error: ServiceError | undefined
  readonly #stream: ClientReadableStream<WatchProgressResponse>
  readonly #client: ReturnType<typeof createClient<EventServiceClient>>
  #changed = Promise.withResolvers<void>()

  constructor(address: string, request: Request) {
    this.#client = createClient(EventServiceClient, address)
    const filter = { ...EventFilter.create(), ...request.filter }
    this.#stream = this.#client.watchProgress({ ...WatchProgressRequest.create(), ...request, filter })
    this.#stream.on('data', (response: WatchProgressResponse) => {
      this.events.push(...response.events)
      this.responses += 1
      this.resumeToken = response.resumeToken
      this.#change()
    })
    this.#stream.on('error', (error: ServiceError) => {
      this.error = error
      this.#change()
    })
  }

  get ids(): readonly string[] {
    return this.events.map(({ eventId }) => eventId)
  }

  /** Waits for a condition, up to the test's timeout; fails if the watch ends first. */
  async until(isSo: (watch: Watch) => boolean): Promise<this> {
    while (!isSo(this)) {
      if (this.error !== undefined) throw this.error
      await this.#changed.promise
    }
    return this
  }

  /** Waits for the end and returns its error. */
  async ended(): Promise<ServiceError> {
    while (this.error === undefined) await this.#changed.promise
    return this.error
  }

  /** Stops reading until `resume`. */
  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.cancel()
    const error = await this.ended()
    this.#client.close()
    if (error.code === status.INTERNAL) throw error
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

/** Starts a watch and waits for its first response, so that later events are received. */
export function startWatch(address: string, request: Request): Promise<Watch> {
  return new Watch(address, request).until(({ responses }) => responses > 0)
}
