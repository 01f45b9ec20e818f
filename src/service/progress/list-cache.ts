import { LRUCache } from 'lru-cache'
import type { ListAsked } from '../../store/progress/progress-lists.ts'
import type { Page, Services } from '../services.ts'
import type { PlayerProgress } from './list-progress.ts'
import { progressOf, readProgressPage } from './progress-page.ts'
import { Batcher } from './writer/batcher.ts'

interface CachedPage {
  readonly stamp: string
  readonly page: Page<PlayerProgress>
}

/** What is read of a list. */
interface ReadList {
  /** Undefined where it must not be remembered. */
  readonly stamp: string | undefined
  /** Undefined where nothing has changed since the stamp that was known. */
  readonly progressList: readonly PlayerProgress[] | undefined
}

interface Asked {
  readonly services: Services
  readonly filter: ListAsked
}

/** So many standings are remembered at most, in all pages together; the pages not used for longest are forgotten. */
const MOST = 50_000
const MOST_WAITING = 10_000
/** What goes out together: one that must be read in full holds up the others. */
const BATCH_SIZE = 64

/**
 * Pages of lists in memory. One is shown only if it has the stamp that the database has just said is its own. Lists that
 * are asked for while others are being read are read together, in one statement.
 */
class ProgressListCache {
  readonly pages = new LRUCache<string, CachedPage>({
    maxSize: MOST,
    sizeCalculation: ({ page }) => Math.max(page.items.length, 1),
  })
  readonly #batcher = new Batcher<Asked, ReadList>({
    send: readTogether,
    // Nobody waits for the list of another.
    keyOf: (asked) => asked,
    maxItems: MOST_WAITING,
    maxBytes: Number.POSITIVE_INFINITY,
    batchSize: BATCH_SIZE,
    secondBatchThreshold: BATCH_SIZE,
  })

  read(services: Services, filter: ListAsked, signal: AbortSignal): Promise<ReadList> {
    return this.#batcher.add({ services, filter }, 0, signal)
  }
}

async function readTogether(asked: readonly Asked[]): Promise<readonly ReadList[]> {
  const { services } = asked[0] as Asked
  // Nobody has to stop it: it is short, and others wait for it.
  const { signal } = new AbortController()
  return services.store.read(signal, async (queries) => {
    const lists = await queries.progressLists.find(asked.map(({ filter }) => filter))
    const read: ReadList[] = []
    for (const [index, { stamp, found }] of lists.entries()) {
      const { filter } = asked[index] as Asked
      const progressList = found && (await progressOf(services, queries, filter.titleId, found))
      if (found === undefined || progressList !== undefined) read.push({ stamp, progressList })
      else read.push({ stamp: undefined, progressList: await readProgressPage(services, queries, filter) })
    }
    return read
  })
}

/** By where they are read from. */
const known = new WeakMap<Services['store'], ProgressListCache>()

export function progressListCache({ store }: Services): ProgressListCache {
  const lists = known.get(store) ?? new ProgressListCache()
  known.set(store, lists)
  return lists
}
