import type { Event } from '../../model/event.ts'
import type { EventMark } from '../../store/events/events.ts'
import type { Store } from '../../store/store.ts'
import type { SafePosition } from './safe-position.ts'

/** Events of a title, and up to where they are all. */
export interface EventPage {
  readonly events: readonly Event[]
  readonly position: bigint
  /** What came up to there was not kept any more when the page was read. */
  readonly oldest: EventMark
}

const PAGE_SIZE = 500
/** Pages that are kept for those who come a moment later. */
const CACHED_PAGES = 16

/** Reads events that are settled. Those who follow one title are at the same place, so they share what is read. */
export class Feed {
  readonly #store: Store
  readonly #safePosition: SafePosition
  readonly #pages = new Map<string, Promise<EventPage>>()

  constructor(store: Store, safePosition: SafePosition) {
    this.#store = store
    this.#safePosition = safePosition
  }

  /** What comes after a number, as far as it is settled. */
  async read(titleId: string, after: bigint): Promise<EventPage> {
    const settled = this.#safePosition.position ?? after
    const upTo = settled > after ? settled : after
    const name = JSON.stringify([titleId, String(after), String(upTo)])
    const known = this.#pages.get(name)
    if (known !== undefined) return known
    const page = this.#load(titleId, after, upTo)
    this.#pages.set(name, page)
    page.catch(() => this.#pages.delete(name))
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= CACHED_PAGES) break
      this.#pages.delete(oldest)
    }
    return page
  }

  async #load(titleId: string, after: bigint, upTo: bigint): Promise<EventPage> {
    // Others may wait for it too, so no caller's going away stops it.
    const { signal } = new AbortController()
    return this.#store.read(signal, async (queries) => {
      const events = await queries.events.listOfTitle(titleId, after, upTo, PAGE_SIZE)
      // Asked afterwards: what is erased is given up first.
      const oldest = await queries.events.findOldestMark()
      const isAll = events.length < PAGE_SIZE
      return { events, position: isAll ? upTo : (events.at(-1)?.id ?? upTo), oldest }
    })
  }
}
