import { LRUCache } from 'lru-cache'
import { compositeKey } from '../../../model/composite-key.ts'
import { type Duration, TICKS_PER_MILLISECOND, TICKS_PER_SECOND } from '../../../model/instant.ts'
import { sleep } from '../../../model/sleep.ts'
import type { PullClaim, PullKey, StoredPull } from '../../../store/migration-jobs/migration-pulls.ts'
import type { Services } from '../../services.ts'
import type { LazyFetcher, LazyJob, LazyPulls, PullCounts } from './contract.ts'
import { postponeUnlinked, pullPlayer } from './pull-player.ts'

type Parts = Pick<Services, 'store' | 'dialects' | 'now' | 'settings'>

/** Other servers know a changed job after this time. */
const REFRESH_MILLISECONDS = 5_000
const RETRY_MILLISECONDS = 1_000
/** A claim expires after this time, which is longer than a pull takes: its server has died. */
const CLAIM: Duration = 60n * TICKS_PER_SECOND
const FIRST_BACKOFF: Duration = 2n * TICKS_PER_SECOND
const MAX_BACKOFF: Duration = 3_600n * TICKS_PER_SECOND
const UNLINKED_FOR: Duration = 60n * TICKS_PER_SECOND
/** An account may be linked at any server. */
const UNLINKED_KNOWN_FOR: Duration = TICKS_PER_SECOND
/** The interval of reads while another server pulls. */
const WAIT_MILLISECONDS = 20
/** Concurrent retries. */
const MAX_RETRIES = 16
const MAX_KNOWN = 100_000

/**
 * Reads the progress of players from other systems before their first calls: running jobs with a lazy source. A call waits for the source's
 * timeout at most, and a pull that takes longer, or fails, goes on in the background. Each player is read once over all servers, by a claim in
 * the database.
 */
export class LazyPuller implements LazyPulls {
  readonly counts: PullCounts = { pulled: 0, failed: 0, late: 0 }
  readonly fetcher: LazyFetcher
  readonly #parts: Parts
  readonly #onError: (error: Error) => void
  /** By title: the running job that is first by id. */
  #jobs: ReadonlyMap<string, LazyJob> = new Map()
  /** Players who are done, or not to be read for a time. */
  readonly #known = new LRUCache<string, true>({ max: MAX_KNOWN, ttl: 0 })
  readonly #pulling = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()
  #running: readonly Promise<void>[] = []

  constructor(parts: Parts, fetcher: LazyFetcher, onError: (error: Error) => void) {
    this.#parts = parts
    this.fetcher = fetcher
    this.#onError = onError
  }

  start(): void {
    this.#running = [
      this.#repeat(REFRESH_MILLISECONDS, () => this.refresh()),
      this.#repeat(RETRY_MILLISECONDS, () => this.retryDue()),
    ]
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.allSettled([...this.#running, ...this.#pulling.values()])
  }

  async refresh(): Promise<void> {
    const jobs = await this.#parts.store.read(this.#stopping.signal, (queries) =>
      queries.migrationJobs.listLazy(),
    )
    // The first of a title is set last.
    this.#jobs = new Map(jobs.toReversed().map((job) => [job.titleId, job as LazyJob]))
  }

  get isIdle(): boolean {
    return this.#jobs.size === 0
  }

  ensurePulled(titleId: string, playerId: string): Promise<void> | undefined {
    const job = this.#jobs.get(titleId)
    if (job === undefined || playerId === '') return undefined
    if (this.#known.has(nameOf(job, playerId))) return undefined
    return this.#wait(job, playerId)
  }

  /** Titles do not wait for each other's sources. */
  async retryDue(): Promise<void> {
    const { signal } = this.#stopping
    const retryOf = async (job: LazyJob) => {
      const now = this.#parts.now()
      const due = await this.#parts.store.read(signal, (queries) =>
        queries.migrationPulls.listDue(job, now, MAX_RETRIES),
      )
      await Promise.all(due.map((playerId) => this.#pull(job, playerId)))
    }
    await Promise.all([...this.#jobs.values()].map(retryOf))
  }

  async #wait(job: LazyJob, playerId: string): Promise<void> {
    const ended = new AbortController()
    let isLate = true
    const pulled = this.#pull(job, playerId).then(() => {
      isLate = false
      ended.abort()
    })
    await sleep(Number(job.lazySource.timeout / TICKS_PER_MILLISECOND), ended.signal)
    if (isLate) this.counts.late += 1
    else await pulled
  }

  /** Concurrent pulls of a player are one. It never rejects. */
  #pull(job: LazyJob, playerId: string): Promise<void> {
    const name = nameOf(job, playerId)
    const current = this.#pulling.get(name)
    if (current !== undefined) return current
    const pull = this.#pullClaimed(job, name, playerId)
      .catch((error: Error) => this.#report(error))
      .finally(() => this.#pulling.delete(name))
    this.#pulling.set(name, pull)
    return pull
  }

  async #pullClaimed(job: LazyJob, name: string, playerId: string): Promise<void> {
    const { store } = this.#parts
    const { signal } = this.#stopping
    const key = { titleId: job.titleId, jobId: job.jobId, playerId }
    const { found, isDeleted } = await store.read(signal, async (queries) => ({
      found: await queries.migrationPulls.find(key),
      isDeleted: (await queries.tombstones.find([playerId])).size > 0,
    }))
    if (isDeleted) return this.#skipDeleted(key, name, found)
    if (found !== undefined && this.#isSettled(name, found)) return
    const claim = await this.#claim(key)
    if (claim === undefined) return this.#waitForOthers(job, key, name)
    try {
      const outcome = await pullPlayer(this.#parts, this.fetcher, job, claim, signal)
      if (outcome === 'done') {
        this.counts.pulled += 1
        this.#known.set(name, true)
        return
      }
      await postponeUnlinked(this.#parts, job, claim, UNLINKED_FOR, signal)
      this.#know(name, UNLINKED_KNOWN_FOR)
    } catch (error) {
      signal.throwIfAborted()
      this.counts.failed += 1
      const attempts = claim.attempts + 1
      const pause = backoffAfter(attempts)
      const failed = { state: 'failed', attempts, nextTime: this.#parts.now() + pause } as const
      await this.#parts.store.write(signal, (queries) => queries.migrationPulls.update(claim, failed))
      this.#know(name, pause)
      this.#report(error as Error)
    }
  }

  /** Returns undefined if another server has the claim, or the job does not run any more, which this server has not learnt. */
  #claim(key: PullKey): Promise<PullClaim | undefined> {
    const start = this.#parts.now()
    return this.#parts.store.write(this.#stopping.signal, async (queries) => {
      const job = await queries.migrationJobs.lockShared(key)
      return job?.state === 'running' ? queries.migrationPulls.claim(key, start, start + CLAIM) : undefined
    })
  }

  /** Names a deleted player to no other system, and stores nothing of it. */
  async #skipDeleted(key: PullKey, name: string, found: StoredPull | undefined): Promise<void> {
    const { store } = this.#parts
    if (found !== undefined)
      await store.write(this.#stopping.signal, (queries) => queries.migrationPulls.delete(key))
    this.#know(name, UNLINKED_FOR)
  }

  /** Whether a player is done, or not to be read for a time, which is remembered. */
  #isSettled(name: string, { state, nextTime }: StoredPull): boolean {
    const pause = nextTime - this.#parts.now()
    if (state === 'done') this.#known.set(name, true)
    else if (state === 'pulling' || pause <= 0n) return false
    else this.#know(name, state === 'unlinked' && pause > UNLINKED_KNOWN_FOR ? UNLINKED_KNOWN_FOR : pause)
    return true
  }

  #know(name: string, pause: Duration): void {
    this.#known.set(name, true, { ttl: Number(pause / TICKS_PER_MILLISECOND) + 1 })
  }

  /** Waits while another server reads the player, as long as a call waits. */
  async #waitForOthers(job: LazyJob, key: PullKey, name: string): Promise<void> {
    const { signal } = this.#stopping
    const end = performance.now() + Number(job.lazySource.timeout / TICKS_PER_MILLISECOND)
    while (performance.now() < end && !signal.aborted) {
      const found = await this.#parts.store.read(signal, (queries) => queries.migrationPulls.find(key))
      if (found === undefined || this.#isSettled(name, found) || found.state !== 'pulling') return
      await sleep(WAIT_MILLISECONDS, signal)
    }
  }

  async #repeat(milliseconds: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await work().catch((error: Error) => this.#report(error))
      await sleep(milliseconds, signal)
    }
  }

  #report(error: Error): void {
    if (!this.#stopping.signal.aborted) this.#onError(error)
  }
}

/** A job that was created after the deletion of another one has read no player, though both have one id. */
function nameOf({ titleId, jobId, createTime }: LazyJob, playerId: string): string {
  return compositeKey(titleId, jobId, String(createTime), playerId)
}

function backoffAfter(attempts: number): Duration {
  const pause = FIRST_BACKOFF * 2n ** BigInt(Math.min(attempts - 1, 12))
  return pause < MAX_BACKOFF ? pause : MAX_BACKOFF
}
