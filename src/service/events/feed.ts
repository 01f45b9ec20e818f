import { LRUCache } from 'lru-cache'
import { compositeKey } from '../../model/composite-key.ts'
import type { Event } from '../../model/event.ts'
import { NEVER_ABORTED } from '../../model/never-aborted.ts'
import type { EventMark } from '../../store/events/events.ts'
import type { Store } from '../../store/store.ts'
import type { SafePosition } from './safe-position.ts'

/** A title's events up to a position. */
export interface EventPage {
  readonly events: readonly Event[]
  readonly position: bigint
  /** Events up to this mark had been purged when the page was read. */
  readonly oldest: EventMark
}

const PAGE_SIZE = 500
const MAX_CACHED_PAGES = 16

/** Reads events up to the safe position. Watches of one title are usually at the same position, so pages are cached. */
export class Feed {
  readonly #store: Store
  readonly #safePosition: SafePosition
  readonly #pages = new LRUCache<string, Promise<EventPage>>({ max: MAX_CACHED_PAGES })

  constructor(store: Store, safePosition: SafePosition) {
    this.#store = store
    this.#safePosition = safePosition
  }

  /** Returns the title's events after a position. */
  async read(titleId: string, after: bigint): Promise<EventPage> {
    const safe = this.#safePosition.position ?? after
    const upTo = safe > after ? safe : after
    const key = compositeKey(titleId, after, upTo, this.#safePosition.takeovers)
    const cached = this.#pages.get(key)
    if (cached !== undefined) return cached
    const page = this.#load(titleId, after, upTo)
    this.#pages.set(key, page)
    page.catch(() => this.#pages.delete(key))
    return page
  }

  /** Not cancelled with its first caller, because others may await the same page. */
  async #load(titleId: string, after: bigint, upTo: bigint): Promise<EventPage> {
    return this.#store.read(NEVER_ABORTED, async (queries) => {
      const events = await queries.events.listOfTitle(titleId, after, upTo, PAGE_SIZE)
      // Read after the events: a purge deletes marks before it deletes events.
      const oldest = await queries.events.findOldestMark()
      const isAll = events.length < PAGE_SIZE
      return { events, position: isAll ? upTo : (events.at(-1)?.id ?? upTo), oldest }
    })
  }
}
