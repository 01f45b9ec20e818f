import { LaurelError } from '../../../model/errors.ts'
import type { Call, Services } from '../../services.ts'
import { asOutcome } from './apply-reports.ts'
import { Batcher } from './batcher.ts'
import { PlayerTitleCache } from './player-title-cache.ts'
import type { Entry, RecordOutcome } from './report-entry.ts'
import { isAway } from './write-batch.ts'
import { writeLocked } from './write-locked.ts'
import { writeOptimistic } from './write-optimistic.ts'
import { type StatsEntry, type StatsOutcome, writeStats } from './write-stats.ts'

/** Where reports are recorded: those that come at the same time go out together. */
export interface ProgressWriter {
  /** Records one, with whatever else is being recorded. */
  record(services: Services, entry: Entry): Promise<RecordOutcome>
  /** Records several, in their order, by themselves. What keeps only some of them from being recorded is their answer. */
  recordAll(services: Services, entries: readonly Entry[]): Promise<readonly RecordOutcome[]>
  /** Records one player's stats, with whatever other stats are being recorded. */
  recordStats(services: Services, entry: StatsEntry): Promise<StatsOutcome>
  readonly counts: ProgressWriterCounts
}

export interface ProgressWriterCounts {
  /** Entries that wait to go out. */
  readonly waiting: number
  /** Entries since the start, by how they were written: with others in one statement, or under lock. */
  readonly optimistic: number
  readonly locked: number
  /** Statements since the start that entries were written by together. */
  readonly batches: number
}

const BATCH_SIZE = 500
const MOST_WAITING = 20_000
const MOST_WAITING_BYTES = 32 * 2 ** 20
/** What an entry takes beside its texts. */
const ENTRY_BYTES = 512

/** What became of entries, as far as they were recorded. */
type OutcomeByEntry = ReadonlyMap<Entry, RecordOutcome>

export function createProgressWriter(isBatching: boolean): ProgressWriter {
  const progressList = new PlayerTitleCache()

  const counts = { optimistic: 0, locked: 0, batches: 0 }

  /** By player: the last of what is written under lock. */
  const locking = new Map<string, Promise<unknown>>()

  /**
   * What cannot be written at once is tried once more with what is read anew, because mostly another process has changed what
   * was known here; what is left then is written under lock, player by player, so that nobody waits for another.
   */
  async function send(
    services: Services,
    entries: readonly Entry[],
  ): Promise<readonly (RecordOutcome | Promise<RecordOutcome>)[]> {
    const written = await recordWritable(services, entries)
    const left = writeRemaining(
      services,
      entries.filter((entry) => !written.has(entry)),
    )
    return entries.map((entry) => written.get(entry) ?? (left.get(entry) as Promise<RecordOutcome>))
  }

  function writeRemaining(
    services: Services,
    entries: readonly Entry[],
  ): ReadonlyMap<Entry, Promise<RecordOutcome>> {
    const again = recordWritable(services, entries)
    const outcomes = new Map<Entry, Promise<RecordOutcome>>()
    for (const [playerId, ofPlayer] of Map.groupBy(entries, ({ item }) => item.playerId)) {
      const locked = again.then((told) => {
        const rest = ofPlayer.filter((entry) => !told.has(entry))
        return inTurn(playerId, () => recordLocked(services, rest))
      })
      // Whoever was told by then does not hear of a failure.
      locked.catch(() => {})
      for (const entry of ofPlayer) outcomes.set(entry, answerOf(entry, again, locked))
    }
    return outcomes
  }

  /** What became of those that could be written. */
  async function recordWritable(services: Services, entries: readonly Entry[]): Promise<OutcomeByEntry> {
    const told = new Map<Entry, RecordOutcome>()
    if (entries.length === 0) return told
    const outcomes = await writeOptimistic(services, progressList, entries).catch(orUnlessAway(entries))
    for (const [index, entry] of entries.entries()) {
      const outcome = outcomes[index]
      if (outcome !== undefined) told.set(entry, outcome)
    }
    counts.batches += 1
    counts.optimistic += told.size
    return told
  }

  async function recordLocked(services: Services, entries: readonly Entry[]): Promise<OutcomeByEntry> {
    if (entries.length === 0) return new Map()
    counts.locked += entries.length
    const outcomes = await whileAwaited(entries, (signal) => writeLocked(services, entries, signal))
    return new Map(entries.map((entry, index) => [entry, outcomes[index] as RecordOutcome]))
  }

  /** One after the other of a player, whatever call they came with: whoever holds a player up holds up one connection. */
  function inTurn<Result>(playerId: string, work: () => Promise<Result>): Promise<Result> {
    const before = locking.get(playerId) ?? Promise.resolve()
    const done = before.then(work, work)
    locking.set(playerId, done)
    const forget = () => {
      if (locking.get(playerId) === done) locking.delete(playerId)
    }
    done.then(forget, forget)
    return done
  }

  const recordStats = (services: Services, entries: readonly StatsEntry[]) =>
    whileAwaited(entries, (signal) => writeStats(services, entries, signal))

  const reports = lazyBatcher(({ item }: Entry) => item.playerId, sizeOf, send, BATCH_SIZE)
  // They wait for locks, and so would those behind them.
  const stats = lazyBatcher(({ request }: StatsEntry) => request.playerId, sizeOfStats, recordStats, 1)

  return {
    async record(services, entry) {
      if (isBatching) return reports.add(services, entry)
      return (await send(services, [entry]))[0] as RecordOutcome
    },
    async recordStats(services, entry) {
      if (isBatching) return stats.add(services, entry)
      return (await recordStats(services, [entry]))[0] as StatsOutcome
    },
    async recordAll(services, entries) {
      const outcomes = await send(services, entries)
      return Promise.all(
        outcomes.map((outcome) => (outcome instanceof Promise ? outcome.catch(asOutcome) : outcome)),
      )
    },
    get counts() {
      return { ...counts, waiting: reports.waiting + stats.waiting }
    },
  }
}

/** What only the database sees is found out under lock; that it is away or busy is found out already. */
function orUnlessAway(entries: readonly Entry[]) {
  return (error: unknown): readonly undefined[] => {
    if (!(error instanceof LaurelError) || isAway(error)) throw error
    return entries.map(() => undefined)
  }
}

/** What became of it where it was tried, or else under lock: who is told already waits for no lock. */
async function answerOf(
  entry: Entry,
  tried: Promise<OutcomeByEntry>,
  locked: Promise<OutcomeByEntry>,
): Promise<RecordOutcome> {
  return (await tried).get(entry) ?? ((await locked).get(entry) as RecordOutcome)
}

/** Does what is aborted once nobody waits for it any more. */
async function whileAwaited<Result>(
  entries: readonly { readonly by: Call }[],
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController()
  const signals = new Set(entries.map(({ by }) => by.signal))
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
    // A stream has one signal for all that comes on it: nothing of this is to stay there.
    controller.abort()
  }
}

/** What is gathered goes out by the services of who came first: they are the same for all. */
function lazyBatcher<Item extends { readonly by: Call }, Outcome>(
  playerOf: (item: Item) => string,
  bytesOf: (item: Item) => number,
  send: (services: Services, items: readonly Item[]) => Promise<readonly (Outcome | Promise<Outcome>)[]>,
  secondBatchThreshold: number,
) {
  let batcher: Batcher<Item, Outcome> | undefined
  return {
    add(services: Services, item: Item): Promise<Outcome> {
      batcher ??= new Batcher({
        send: (items) => send(services, items),
        keyOf: playerOf,
        maxItems: MOST_WAITING,
        maxBytes: MOST_WAITING_BYTES,
        batchSize: BATCH_SIZE,
        secondBatchThreshold,
      })
      return batcher.add(item, bytesOf(item), item.by.signal)
    },
    get waiting(): number {
      return batcher?.waiting ?? 0
    },
  }
}

function sizeOf({ item, by }: Entry): number {
  const { titleId, playerId, achievementId, requestId = '' } = item
  const texts = titleId.length + playerId.length + achievementId.length + requestId.length + by.actor.length
  return ENTRY_BYTES + 2 * texts
}

function sizeOfStats({ request }: StatsEntry): number {
  return ENTRY_BYTES * (1 + request.updates.length)
}
