import { setTimeout as sleep } from 'node:timers/promises'
import { type ServiceError, status } from '@grpc/grpc-js'
import { ProgressServiceClient, RecordProgressRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from './client.ts'
import { onDatabase } from './deliveries.ts'
import { TITLE_ID } from './fixture.ts'

const MAX_WAIT_MILLISECONDS = 180_000
const ACHIEVEMENT_ID = 'marathon'
const PLAYERS = Array.from({ length: 8 }, (_, index) => `player-${index}`)

/**
 * Writers that add one in sequence, each for a player of its own. An add is repeated under its request id until it is
 * acknowledged, so that in the end each player's count is the number of acknowledged adds, whatever failed meanwhile.
 */
export class Writers implements Disposable {
  /** The achievement to create for them, as `createFixture` takes it. */
  static readonly achievements = { [ACHIEVEMENT_ID]: 1_000_000_000n }

  readonly failures: ServiceError[] = []
  readonly #acknowledged = new Map(PLAYERS.map((player) => [player, 0]))
  readonly #clients: readonly (ProgressServiceClient & Disposable)[]
  readonly #done: Promise<unknown>
  readonly #pauseMilliseconds: number
  #stopped = false
  #disposed = false

  /**
   * @param addresses of servers, which the writers call in turn
   * @param pauseMilliseconds between two adds of a writer
   */
  constructor(addresses: readonly string[], pauseMilliseconds = 0) {
    this.#pauseMilliseconds = pauseMilliseconds
    this.#clients = addresses.map((address) => createClient(ProgressServiceClient, address))
    this.#done = Promise.all(PLAYERS.map((player) => this.#write(player)))
  }

  /** The number of acknowledged adds. */
  get total(): number {
    return [...this.#acknowledged.values()].reduce((sum, count) => sum + count, 0)
  }

  /** How often calls failed, by status. */
  get failuresByStatus(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { code } of this.failures) counts[status[code]] = (counts[status[code]] ?? 0) + 1
    return counts
  }

  /** Waits until more adds are acknowledged. @throws if that takes more than three minutes */
  async more(adds: number): Promise<void> {
    const [before, deadline] = [this.total, performance.now() + MAX_WAIT_MILLISECONDS]
    while (this.total < before + adds) {
      if (performance.now() > deadline) throw new Error(`no ${adds} adds were acknowledged in three minutes`)
      await sleep(5)
    }
  }

  /** Waits until every add that has begun is acknowledged. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    this[Symbol.dispose]()
  }

  /** Ends at once, as after an error. */
  [Symbol.dispose](): void {
    this.#stopped = true
    this.#disposed = true
    for (const client of this.#clients) client.close()
  }

  /**
   * Compares the stored counts with the acknowledged adds.
   * @throws if an add is missing or was written twice, or a call failed with another status than UNAVAILABLE
   */
  async check(databaseUrl: string): Promise<void> {
    const other = this.failures.find(({ code }) => code !== status.UNAVAILABLE)
    if (other !== undefined) throw other
    const rows = await onDatabase(
      databaseUrl,
      `select player_id, (values->>'count')::int as count,
        (select count(*)::int from events e where e.player_id = p.player_id) as events,
        (select count(distinct request_id)::int from events e where e.player_id = p.player_id) as requests
      from progress p where title_id = $1 and achievement_id = $2 order by player_id`,
      [TITLE_ID, ACHIEVEMENT_ID],
    )
    const stored = JSON.stringify(rows)
    const expected = [...this.#acknowledged].map(([player_id, count]) => ({
      player_id,
      count,
      events: count,
      requests: count,
    }))
    if (stored !== JSON.stringify(expected)) {
      throw new Error(`stored: ${stored}\nacknowledged: ${JSON.stringify(expected)}`)
    }
  }

  async #write(playerId: string): Promise<void> {
    const quantity = { value: { $case: 'integer' as const, value: 1n } }
    const key = { titleId: TITLE_ID, achievementId: ACHIEVEMENT_ID, playerId }
    for (let count = 0; !this.#stopped; count += 1) {
      const report = { $case: 'add' as const, value: { quantity } }
      const request = RecordProgressRequest.fromPartial({ ...key, report, requestId: `${count}` })
      for (let attempt = count; !(await this.#try(request, attempt)); attempt += 1) {
        if (this.#disposed) return
        await sleep(10)
      }
      this.#acknowledged.set(playerId, count + 1)
      if (this.#pauseMilliseconds > 0) await sleep(this.#pauseMilliseconds)
    }
  }

  /** Has a deadline, so that a call that hangs fails with another code; no machine stalls for so long. */
  async #try(request: RecordProgressRequest, attempt: number): Promise<boolean> {
    const client = this.#clients[attempt % this.#clients.length] as ProgressServiceClient
    try {
      await callUnary(client, 'recordProgress', request, { deadline: new Date(Date.now() + 120_000) })
      return true
    } catch (error) {
      this.failures.push(error as ServiceError)
      return false
    }
  }
}
