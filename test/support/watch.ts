import { type ClientReadableStream, type ServiceError, status } from '@grpc/grpc-js'
import { EventFilter } from '../../src/gen/laurel/v1/destination.ts'
import type { Event } from '../../src/gen/laurel/v1/event.ts'
import {
  ProgressServiceClient,
  WatchProgressRequest,
  type WatchProgressResponse,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { createClient } from './client.ts'

type Request = Partial<Omit<WatchProgressRequest, 'filter'>> & { readonly filter?: Partial<EventFilter> }

/** A watch of a running server, by a client of its own: what it was told so far. */
export class Watch {
  readonly events: Event[] = []
  /** How many responses came, those without events too. */
  responses = 0
  resumeToken = ''
  /** What it ended with; undefined while it runs. */
  error: ServiceError | undefined
  readonly #stream: ClientReadableStream<WatchProgressResponse>
  readonly #client: ReturnType<typeof createClient<ProgressServiceClient>>
  #changed = Promise.withResolvers<void>()

  constructor(address: string, request: Request) {
    this.#client = createClient(ProgressServiceClient, address)
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

  /** Waits until it is so; the test's own timeout is the bound. Fails when the watch ends before. */
  async until(isSo: (watch: Watch) => boolean): Promise<this> {
    while (!isSo(this)) {
      if (this.error !== undefined) throw this.error
      await this.#changed.promise
    }
    return this
  }

  /** Waits for its end. */
  async ended(): Promise<ServiceError> {
    while (this.error === undefined) await this.#changed.promise
    return this.error
  }

  /** Takes nothing any more, until it resumes. */
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

/** Starts a watch, and waits for its first response: what happens from here on is told. */
export function startWatch(address: string, request: Request): Promise<Watch> {
  return new Watch(address, request).until(({ responses }) => responses > 0)
}
