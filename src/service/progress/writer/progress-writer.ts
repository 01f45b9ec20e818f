import type { CacheLookups } from '../../../model/cache-lookups.ts'
import { LaurelError } from '../../../model/errors.ts'
import type { ReportStore } from '../../../store/report-store.ts'
import type { Call } from '../../call.ts'
import { asOutcome } from './apply-reports.ts'
import type {
  ObserveBatch,
  RecordOutcome,
  ReportEntry,
  StatsEntry,
  StatsOutcome,
  WriterParts,
} from './contract.ts'
import { NodeBatchers } from './node-batchers.ts'
import { ProgressCache } from './progress-cache.ts'
import { isUnavailable } from './write-batch.ts'
import { writeLocked } from './write-locked.ts'
import { writeOptimistic } from './write-optimistic.ts'
import { writeStats } from './write-stats.ts'

export interface ProgressWriterCounts {
  /** Entries in the queue. */
  readonly waiting: number
  /** Entries since the start, by how they were written. */
  readonly optimistic: number
  readonly locked: number
  /** Optimistic statements since the start. */
  readonly batches: number
  /** Lookups of the cached rows of progress. */
  readonly cached: CacheLookups
}

const BATCH_SIZE = 500
const QUEUE_LIMITS = { batchSize: BATCH_SIZE, maxItems: 20_000, maxBytes: 32 * 2 ** 20 }
/** Memory of an entry beside its texts. */
const ENTRY_BYTES = 512

type OutcomeByEntry = ReadonlyMap<ReportEntry, RecordOutcome>

/** Records reports and stats. Concurrent reports are written in batches. */
export class ProgressWriter {
  readonly #parts: WriterParts
  readonly #isBatching: boolean
  readonly #cache = new ProgressCache()
  readonly #counts = { optimistic: 0, locked: 0, batches: 0 }
  /** By player, the last locked write. */
  readonly #lastLocked = new Map<string, Promise<unknown>>()
  readonly #reportBatchers: NodeBatchers<ReportEntry, RecordOutcome>
  readonly #statBatchers: NodeBatchers<StatsEntry, StatsOutcome>

  constructor(parts: WriterParts, isBatching: boolean) {
    this.#parts = parts
    this.#isBatching = isBatching
    this.#reportBatchers = new NodeBatchers(parts.store, {
      ...QUEUE_LIMITS,
      send: (entries) => this.#write(entries),
      secondBatchThreshold: BATCH_SIZE,
    })
    this.#statBatchers = new NodeBatchers(parts.store, {
      ...QUEUE_LIMITS,
      send: (entries) => this.#writeStats(entries),
      // Stats wait for locks, and entries behind them would wait too.
      secondBatchThreshold: 1,
    })
  }

  /** Records one report, in a batch with concurrent ones. */
  async record(entry: ReportEntry): Promise<RecordOutcome> {
    const outcome = this.#isBatching
      ? await this.#reportBatchers.add(entry, bytesOf(entry))
      : ((await this.#write([entry]))[0] as RecordOutcome)
    const followed = followMerge(entry, outcome)
    return followed === undefined ? outcome : this.record(followed)
  }

  /** Records reports in their order, as a batch of their own. An error that concerns only some of them is their outcome. */
  async recordAll(entries: readonly ReportEntry[]): Promise<readonly RecordOutcome[]> {
    const outcomes = await Promise.all(
      (await this.#write(entries)).map((outcome) =>
        outcome instanceof Promise ? outcome.catch(asOutcome) : outcome,
      ),
    )
    const followed = entries.map((entry, index) => followMerge(entry, outcomes[index] as RecordOutcome))
    const merged = followed.filter((entry) => entry !== undefined)
    if (merged.length === 0) return outcomes
    const again = (await this.recordAll(merged)).values()
    return outcomes.map((outcome, index) =>
      followed[index] === undefined ? outcome : (again.next().value as RecordOutcome),
    )
  }

  /** Records one player's stats, in a batch with concurrent ones. */
  async recordStats(entry: StatsEntry): Promise<StatsOutcome> {
    const bytes = ENTRY_BYTES * (1 + entry.request.updates.length)
    const outcome = this.#isBatching
      ? await this.#statBatchers.add(entry, bytes)
      : ((await this.#writeStats([entry]))[0] as StatsOutcome)
    const followed = followMerge(entry, outcome)
    return followed === undefined ? outcome : this.recordStats(followed)
  }

  get counts(): ProgressWriterCounts {
    const waiting = this.#reportBatchers.waiting + this.#statBatchers.waiting
    return { ...this.#counts, waiting, cached: this.#cache.lookups }
  }

  /** Returns an outcome for each entry; a promise for an entry that the first optimistic write left unwritten. */
  async #write(
    entries: readonly ReportEntry[],
  ): Promise<readonly (RecordOutcome | Promise<RecordOutcome>)[]> {
    const written = await this.#tryOptimistic(entries)
    const remaining = this.#writeRemaining(entries.filter((entry) => !written.has(entry)))
    return entries.map((entry) => written.get(entry) ?? (remaining.get(entry) as Promise<RecordOutcome>))
  }

  /**
   * Retries the optimistic write once, because the usual cause is a stale cache; entries that it leaves unwritten too are
   * written under lock, a transaction for each player.
   */
  #writeRemaining(entries: readonly ReportEntry[]): ReadonlyMap<ReportEntry, Promise<RecordOutcome>> {
    const retried = this.#tryOptimistic(entries)
    const outcomes = new Map<ReportEntry, Promise<RecordOutcome>>()
    for (const [playerId, ofPlayer] of Map.groupBy(entries, ({ request }) => request.playerId)) {
      const locked = retried.then((written) => {
        const rest = ofPlayer.filter((entry) => !written.has(entry))
        return this.#inTurn(playerId, () => this.#writeLocked(rest))
      })
      // A failure reaches only the entries that wait for it; there may be none.
      locked.catch(() => {})
      for (const entry of ofPlayer) outcomes.set(entry, firstOutcome(entry, retried, locked))
    }
    return outcomes
  }

  /** Returns the outcomes of the entries that were written, or whose node is lost while others are not. */
  async #tryOptimistic(entries: readonly ReportEntry[]): Promise<OutcomeByEntry> {
    const { store } = this.#parts
    const groups = [...Map.groupBy(entries, ({ request }) => store.reportStoreOf(request.playerId))]
    const [first] = groups
    if (first === undefined) return new Map()
    if (groups.length === 1) return this.#tryOptimisticOn(...first)
    const outcomes = await Promise.all(
      groups.map(([reports, group]) =>
        this.#tryOptimisticOn(reports, group).catch((error: unknown): OutcomeByEntry => {
          const outcome = asOutcome(error)
          return new Map(group.map((entry) => [entry, outcome]))
        }),
      ),
    )
    return new Map(outcomes.flatMap((ofGroup) => [...ofGroup]))
  }

  async #tryOptimisticOn(reportStore: ReportStore, entries: readonly ReportEntry[]): Promise<OutcomeByEntry> {
    const written = new Map<ReportEntry, RecordOutcome>()
    const outcomes = await this.#observed(entries, () =>
      writeOptimistic(this.#parts, reportStore, this.#cache, entries),
    ).catch((error: unknown): readonly undefined[] => {
      if (!(error instanceof LaurelError) || isUnavailable(error)) throw error
      // A constraint failed: the locked write finds the entry that violates it.
      return []
    })
    for (const [index, entry] of entries.entries()) {
      const outcome = outcomes[index]
      if (outcome !== undefined) written.set(entry, outcome)
    }
    this.#counts.batches += 1
    this.#counts.optimistic += written.size
    return written
  }

  async #writeLocked(entries: readonly ReportEntry[]): Promise<OutcomeByEntry> {
    if (entries.length === 0) return new Map()
    this.#counts.locked += entries.length
    const outcomes = await this.#observed(entries, () =>
      untilAbandoned(entries, (signal) => writeLocked(this.#parts, entries, signal)),
    )
    return new Map(entries.map((entry, index) => [entry, outcomes[index] as RecordOutcome]))
  }

  readonly #observed: ObserveBatch = (entries, write) => {
    const { observeBatch } = this.#parts
    return observeBatch === undefined ? write() : observeBatch(entries, write)
  }

  /** Runs a player's locked writes one after the other, so that a player whose row is locked occupies one connection. */
  #inTurn<Result>(playerId: string, write: () => Promise<Result>): Promise<Result> {
    const before = this.#lastLocked.get(playerId) ?? Promise.resolve()
    const done = before.then(write, write)
    this.#lastLocked.set(playerId, done)
    const release = () => {
      if (this.#lastLocked.get(playerId) === done) this.#lastLocked.delete(playerId)
    }
    done.then(release, release)
    return done
  }

  #writeStats(entries: readonly StatsEntry[]): Promise<readonly StatsOutcome[]> {
    return untilAbandoned(entries, (signal) => writeStats(this.#parts, entries, signal))
  }
}

/** Returns the entry for the surviving player if its player was merged into that one; else undefined. */
function followMerge<Entry extends ReportEntry | StatsEntry>(
  entry: Entry,
  outcome: RecordOutcome | StatsOutcome,
): Entry | undefined {
  if (!(outcome instanceof LaurelError) || outcome.reason !== 'PLAYER_MERGED') return undefined
  const { playerId, requestedPlayerId = playerId } = entry.request
  const { survivingPlayerId = playerId } = outcome.metadata
  return { ...entry, request: { ...entry.request, playerId: survivingPlayerId, requestedPlayerId } }
}

/** Returns the outcome of the retry if there is one, without waiting for the lock. */
async function firstOutcome(
  entry: ReportEntry,
  retried: Promise<OutcomeByEntry>,
  locked: Promise<OutcomeByEntry>,
): Promise<RecordOutcome> {
  return (await retried).get(entry) ?? ((await locked).get(entry) as RecordOutcome)
}

/** Runs work whose signal is aborted once all calls of the entries are cancelled. */
async function untilAbandoned<Result>(
  entries: readonly { readonly call: Call }[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const signals = new Set(entries.map(({ call }) => call.signal))
  for (const signal of signals) {
    const drop = () => {
      signals.delete(signal)
      if (signals.size === 0) controller.abort(signal.reason)
    }
    if (signal.aborted) drop()
    else signal.addEventListener('abort', drop, { once: true, signal: controller.signal })
  }
  try {
    return await work(controller.signal)
  } finally {
    // Removes the listeners: a stream has one signal for all its calls.
    controller.abort()
  }
}

function bytesOf({ request, call }: ReportEntry): number {
  const { titleId, playerId, achievementId, requestId = '' } = request
  const texts = [titleId, playerId, achievementId, requestId, call.actor]
  return ENTRY_BYTES + 2 * texts.reduce((length, text) => length + text.length, 0)
}
