import { randomUUID } from 'node:crypto'
import { type ServiceError, status } from '@grpc/grpc-js'
import type { Event } from '../../src/gen/laurel/v1/event.ts'
import { ProgressServiceClient, UnlockAchievementRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from './client.ts'
import type { ServerProcess } from './server.ts'
import { Watch } from './watch.ts'

export interface Unlock {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
}

/** Servers of which some are started and killed during a test. */
export class Fleet {
  readonly #live: { readonly server: ServerProcess; readonly client: ReturnType<typeof clientOf> }[] = []
  #turn = 0

  add(server: ServerProcess): void {
    this.#live.push({ server, client: clientOf(server) })
  }

  /** Kills a server with SIGKILL, so that it finishes nothing. */
  async kill(server: ServerProcess): Promise<void> {
    const index = this.#live.findIndex((one) => one.server === server)
    await server.kill('SIGKILL')
    for (const { client } of this.#live.splice(index, 1)) client.close()
  }

  /** The address of the newest server. */
  get latest(): string {
    return this.#live.at(-1)?.server.address ?? ''
  }

  /** Unlocks on one server after another until one responds, under the same request id. */
  async unlock(unlock: Unlock): Promise<void> {
    const request = UnlockAchievementRequest.fromPartial({ ...unlock, requestId: randomUUID() })
    for (;;) {
      const { client } = this.#next()
      try {
        await callUnary(client, 'unlockAchievement', request)
        return
      } catch (error) {
        const { code } = error as ServiceError
        if (code !== status.UNAVAILABLE && code !== status.CANCELLED) throw error
      }
    }
  }

  #next() {
    this.#turn += 1
    const one = this.#live[this.#turn % this.#live.length]
    if (one === undefined) throw new Error('no server is running')
    return one
  }
}

function clientOf({ address }: ServerProcess) {
  return createClient(ProgressServiceClient, address)
}

/** A watch that resumes by its token on another server whenever its stream ends. */
export class Follower {
  /** How often it has resumed. */
  resumed = 0
  readonly #titleId: string
  readonly #next: () => string
  readonly #events: Event[] = []
  #watch: Watch
  #isOver = false
  readonly #running: Promise<void>

  /** @param next returns the address to watch, at each start */
  constructor(titleId: string, next: () => string) {
    this.#titleId = titleId
    this.#next = next
    this.#watch = new Watch(next(), { titleId })
    this.#running = this.#run()
  }

  /** Waits for the first response, so that later events are received. */
  async begun(): Promise<this> {
    await this.#watch.until(({ responses }) => responses > 0)
    return this
  }

  get events(): readonly Event[] {
    return [...this.#events, ...this.#watch.events]
  }

  get count(): number {
    return this.#events.length + this.#watch.events.length
  }

  /** Ends the current stream, so that the watch resumes elsewhere. */
  async move(): Promise<void> {
    await this.#watch[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    await this.#watch[Symbol.asyncDispose]()
    await this.#running
  }

  async #run(): Promise<void> {
    let resumeToken = ''
    for (;;) {
      await this.#watch.ended()
      if (this.#isOver) return
      this.#events.push(...this.#watch.events)
      resumeToken = this.#watch.resumeToken || resumeToken
      await this.#watch[Symbol.asyncDispose]()
      this.#watch = new Watch(this.#next(), { titleId: this.#titleId, resumeToken })
      this.resumed += 1
    }
  }
}
