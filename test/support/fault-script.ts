import { randomUUID } from 'node:crypto'
import { type ServiceError, status } from '@grpc/grpc-js'
import type { Event } from '../../src/gen/laurel/v1/event.ts'
import { ProgressServiceClient, UnlockAchievementRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from './client.ts'
import type { RunningServer } from './server.ts'
import { Watch } from './watch.ts'

export interface Unlock {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string
}

/** Servers of which some come and go. */
export class Fleet {
  readonly #live: { readonly server: RunningServer; readonly client: ReturnType<typeof clientOf> }[] = []
  #turn = 0

  add(server: RunningServer): void {
    this.#live.push({ server, client: clientOf(server) })
  }

  /** Kills one of them, so that it can finish nothing. */
  async kill(server: RunningServer): Promise<void> {
    const index = this.#live.findIndex((one) => one.server === server)
    await server.kill('SIGKILL')
    for (const { client } of this.#live.splice(index, 1)) client.close()
  }

  /** The address of the one that came last. */
  get latest(): string {
    return this.#live.at(-1)?.server.address ?? ''
  }

  /** Unlocks on one after the other until one of them has answered, each time under the same request id. */
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
    if (one === undefined) throw new Error('no server lives')
    return one
  }
}

function clientOf({ address }: RunningServer) {
  return createClient(ProgressServiceClient, address)
}

/** A watch that goes on where it was, on whichever server there is, as often as it must. */
export class Follower {
  /** How often it has gone on. */
  resumed = 0
  readonly #titleId: string
  readonly #next: () => string
  readonly #events: Event[] = []
  #watch: Watch
  #isOver = false
  readonly #running: Promise<void>

  /** @param next where to watch, asked anew each time */
  constructor(titleId: string, next: () => string) {
    this.#titleId = titleId
    this.#next = next
    this.#watch = new Watch(next(), { titleId })
    this.#running = this.#run()
  }

  /** What is told from here on is what happens from here on. */
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

  /** Leaves the server where it is. */
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
