import { LaurelError } from '../../model/errors.ts'
import type { Call, Services } from '../services.ts'
import type { Entry, EntryAnswer } from './entry.ts'
import { Gatherer } from './gatherer.ts'
import { KnownStandings } from './known-standings.ts'
import { recordStatsTogether, type StatsAnswer, type StatsEntry } from './record-stats-together.ts'
import { isAway } from './record-together.ts'
import { recordUnderLock } from './record-under-lock.ts'
import { recordUnlocked } from './record-unlocked.ts'

/** Where reports are recorded: those that come at the same time go out together. */
export interface Recorder {
  /** Records one, with whatever else is being recorded. */
  record(services: Services, entry: Entry): Promise<EntryAnswer>
  /** Records several, in their order, by themselves. */
  recordAll(services: Services, entries: readonly Entry[]): Promise<readonly EntryAnswer[]>
  /** Records one player's stats, with whatever other stats are being recorded. */
  recordStats(services: Services, entry: StatsEntry): Promise<StatsAnswer>
  readonly counts: RecorderCounts
}

export interface RecorderCounts {
  /** Entries that wait to go out. */
  readonly waiting: number
  /** Entries since the start, by how they were written: with others in one statement, or under lock. */
  readonly together: number
  readonly late: number
  /** Statements since the start that entries were written by together. */
  readonly batches: number
}

const BATCH_SIZE = 500
const MOST_WAITING = 20_000
const MOST_WAITING_BYTES = 32 * 2 ** 20
/** What an entry takes beside its texts. */
const ENTRY_BYTES = 512

export function createRecorder(gathers: boolean): Recorder {
  const standings = new KnownStandings()

  const counts = { together: 0, late: 0, batches: 0 }

  /** By player: what is being written after all others that came with it, the last of it. */
  const late = new Map<string, Promise<unknown>>()

  /**
   * What cannot be written at once is tried once more with what is read anew, because mostly another process has changed what
   * was known here; what is left then is written under lock, player by player, so that nobody waits for another.
   */
  async function send(
    services: Services,
    entries: readonly Entry[],
  ): Promise<readonly (EntryAnswer | Promise<EntryAnswer>)[]> {
    const ready = entries.filter(({ item }) => !late.has(item.playerId))
    const written = await recordWritable(services, ready)
    counts.batches += 1
    const answers = new Map<Entry, EntryAnswer | Promise<EntryAnswer>>(written)
    const left = entries.filter((entry) => !written.has(entry))
    const again = recordWritable(
      services,
      ready.filter((entry) => !written.has(entry)),
    )
    // Whoever goes after what is late already hears of a failure later.
    again.catch(() => {})
    for (const [playerId, ofPlayer] of Map.groupBy(left, ({ item }) => item.playerId)) {
      const recorded = afterLate(playerId, async () => recordRest(services, ofPlayer, await again))
      for (const [index, entry] of ofPlayer.entries()) {
        answers.set(
          entry,
          recorded.then((all) => all[index] as EntryAnswer),
        )
      }
    }
    return entries.map((entry) => answers.get(entry) as EntryAnswer | Promise<EntryAnswer>)
  }

  /** What became of those that could be written. */
  async function recordWritable(
    services: Services,
    entries: readonly Entry[],
  ): Promise<ReadonlyMap<Entry, EntryAnswer>> {
    const answers = new Map<Entry, EntryAnswer>()
    if (entries.length === 0) return answers
    const written = await recordUnlocked(services, standings, entries).catch(orUnlessAway(entries))
    for (const [index, entry] of entries.entries()) {
      const answer = written[index]
      if (answer !== undefined) answers.set(entry, answer)
    }
    counts.together += answers.size
    return answers
  }

  async function recordRest(
    services: Services,
    entries: readonly Entry[],
    written: ReadonlyMap<Entry, EntryAnswer>,
  ): Promise<readonly EntryAnswer[]> {
    const rest = entries.filter((entry) => !written.has(entry))
    const locked = rest.length === 0 ? [] : await recordUnderLock(services, rest, abortedByAll(rest))
    counts.late += rest.length
    const answers = new Map(rest.map((entry, index) => [entry, locked[index] as EntryAnswer]))
    return entries.map((entry) => (written.get(entry) ?? answers.get(entry)) as EntryAnswer)
  }

  /** After what is late of the player already: the order in which a player's entries came is kept. */
  function afterLate<Result>(playerId: string, record: () => Promise<Result>): Promise<Result> {
    const before = late.get(playerId) ?? Promise.resolve()
    const recorded = before.then(record, record)
    late.set(playerId, recorded)
    const forget = () => {
      if (late.get(playerId) === recorded) late.delete(playerId)
    }
    recorded.then(forget, forget)
    return recorded
  }

  const reports = gatherer(({ item }: Entry) => item.playerId, sizeOf, send)
  const stats = gatherer(
    ({ request }: StatsEntry) => request.playerId,
    sizeOfStats,
    (services, entries) => recordStatsTogether(services, entries, abortedByAll(entries)),
  )

  return {
    async record(services, entry) {
      if (gathers) return reports.add(services, entry)
      return (await send(services, [entry]))[0] as EntryAnswer
    },
    async recordStats(services, entry) {
      if (gathers) return stats.add(services, entry)
      return (await recordStatsTogether(services, [entry], entry.by.signal))[0] as StatsAnswer
    },
    recordAll: async (services, entries) => Promise.all(await send(services, entries)),
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

/** Aborted once nobody waits any more. */
function abortedByAll(entries: readonly { readonly by: Call }[]): AbortSignal {
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
  return controller.signal
}

/** What is gathered goes out by the services of who came first: they are the same for all. */
function gatherer<Item extends { readonly by: Call }, Answer>(
  playerOf: (item: Item) => string,
  bytesOf: (item: Item) => number,
  send: (services: Services, items: readonly Item[]) => Promise<readonly (Answer | Promise<Answer>)[]>,
) {
  let gathered: Gatherer<Item, Answer> | undefined
  const begin = (services: Services) =>
    new Gatherer<Item, Answer>({
      send: (items) => send(services, items),
      ownerOf: playerOf,
      mostItems: MOST_WAITING,
      mostBytes: MOST_WAITING_BYTES,
      batchSize: BATCH_SIZE,
    })
  return {
    add(services: Services, item: Item): Promise<Answer> {
      gathered ??= begin(services)
      return gathered.add(item, bytesOf(item), item.by.signal)
    },
    get waiting(): number {
      return gathered?.waiting ?? 0
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
