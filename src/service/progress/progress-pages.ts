import { LRUCache } from 'lru-cache'
import type { CacheLookups } from '../../model/cache-lookups.ts'
import { currentProgress } from '../../model/current-progress.ts'
import type { ListPart } from '../../model/list-part.ts'
import { NEVER_ABORTED } from '../../model/never-aborted.ts'
import { NOT_STARTED, type PlayerProgress } from '../../model/progress.ts'
import type { AchievementProgress, ProgressPageRequest } from '../../store/progress/progress-lists.ts'
import type { Queries } from '../../store/queries.ts'
import type { Store } from '../../store/store.ts'
import type { DefinitionCache } from '../achievements/definition-cache.ts'
import type { Page } from '../paging.ts'
import { Batcher } from './writer/batcher.ts'

interface CachedPage {
  readonly stamp: string
  readonly page: Page<PlayerProgress>
  /** About as many as the page has as a message. */
  readonly bytes: number
}

interface ReadPage {
  /** Undefined for a page that must not be cached. */
  readonly stamp: string | undefined
  /** Undefined where the request's stamp is current. */
  readonly items: readonly PlayerProgress[] | undefined
  readonly isCut: boolean
}

/** In all cached pages together. */
const MAX_CACHED_BYTES = 64 * 2 ** 20
/** Less than events are kept: a stamp is unique as long as the events are. */
const MAX_AGE_MILLISECONDS = 60 * 60 * 1000
const MAX_WAITING = 10_000
/** Bounds how long a page that must be read in full delays the others of its batch. */
const BATCH_SIZE = 64

/**
 * Pages of progress. A cached page is returned only if the database has just returned the same stamp for it; concurrent
 * requests are read in one statement.
 */
export class ProgressPages {
  readonly cache = new LRUCache<string, CachedPage>({
    maxSize: MAX_CACHED_BYTES,
    ttl: MAX_AGE_MILLISECONDS,
    sizeCalculation: ({ bytes }, key) => bytes + key.length,
  })
  readonly lookups: CacheLookups = { hits: 0, misses: 0 }
  readonly #store: Store
  readonly #definitions: DefinitionCache
  readonly #batcher = new Batcher<ProgressPageRequest, ReadPage>({
    send: (requests) => this.#readBatch(requests),
    // Each request is a key of its own: none waits for another.
    keyOf: (request) => request,
    // Only unary calls read pages, and fewer of them run at the same time than may wait here.
    callerOf: () => '',
    maxItems: MAX_WAITING,
    maxBytes: Number.POSITIVE_INFINITY,
    batchSize: BATCH_SIZE,
    secondBatchThreshold: BATCH_SIZE,
  })

  constructor(store: Store, definitions: DefinitionCache) {
    this.#store = store
    this.#definitions = definitions
  }

  read(request: ProgressPageRequest, signal: AbortSignal): Promise<ReadPage> {
    return this.#batcher.add(request, 0, signal)
  }

  #readBatch(requests: readonly ProgressPageRequest[]): Promise<readonly ReadPage[]> {
    return this.#store.read(NEVER_ABORTED, async (queries) => {
      const pages: ReadPage[] = []
      const found = await queries.progressLists.find(requests)
      for (const [index, { stamp, rows, isCut }] of found.entries()) {
        const request = requests[index] as ProgressPageRequest
        this.lookups[rows === undefined ? 'hits' : 'misses'] += 1
        const items = rows && (await withDefinitions(this.#definitions, queries, request.titleId, rows))
        if (rows === undefined || items !== undefined) pages.push({ stamp, items, isCut })
        else
          pages.push({ stamp: undefined, ...(await readProgressPage(this.#definitions, queries, request)) })
      }
      return pages
    })
  }
}

/** Returns a page of a title's achievements in list order, each with the player's progress, without the page cache. */
export async function readProgressPage(
  definitions: DefinitionCache,
  queries: Queries,
  { stamp: _, ...request }: ProgressPageRequest,
): Promise<ListPart<PlayerProgress>> {
  for (;;) {
    const [page] = await queries.progressLists.find([request])
    const items = await withDefinitions(definitions, queries, request.titleId, page?.rows ?? [])
    if (items !== undefined) return { items, isCut: page?.isCut ?? false }
  }
}

/** Returns undefined if an achievement was deleted since the rows were read: a short page would look like the last one. */
async function withDefinitions(
  definitions: DefinitionCache,
  queries: Queries,
  titleId: string,
  rows: readonly AchievementProgress[],
): Promise<readonly PlayerProgress[] | undefined> {
  const achievements = await definitions.loadAt(queries, titleId, rows)
  if (achievements.length < rows.length) return undefined
  return achievements.map((achievement, index) => {
    const { listOrder, progress = NOT_STARTED } = rows[index] as AchievementProgress
    // A reorder of other achievements moves it without a new etag.
    return {
      achievement: achievement.listOrder === listOrder ? achievement : { ...achievement, listOrder },
      progress: currentProgress(achievement, progress),
    }
  })
}
