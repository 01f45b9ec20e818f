import { type Instant, TICKS_PER_SECOND } from '../../model/instant.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

/** How common the achievements of a title are. */
export interface UnlockCounts {
  /** Players who have anything in the title. */
  readonly players: number
  /** By achievement, the players who have it and from whom it was not taken back; absent where nobody has. */
  readonly unlocks: ReadonlyMap<string, number>
}

interface Counted {
  readonly time: Instant
  readonly counts: Promise<UnlockCounts>
}

const KEPT = 60n * TICKS_PER_SECOND
/** So many titles are remembered at most; beyond it, the one that was counted first is forgotten. */
const MOST_TITLES = 1000

/** Of each composition its own; gone with it. */
const remembered = new WeakMap<Services['store'], Map<string, Counted>>()

/**
 * Counts who has what in a title, over all players: too much for each request that shows it, so a count is kept in
 * this process for a minute, and requests that come while it runs wait for the same one.
 */
export async function countUnlocks(
  services: Services,
  { titleId }: { readonly titleId: string },
): Promise<UnlockCounts> {
  const titles = remembered.get(services.store) ?? new Map<string, Counted>()
  remembered.set(services.store, titles)
  const now = services.now()
  const known = titles.get(titleId)
  if (known !== undefined && now - known.time < KEPT) return known.counts
  const counted = { time: now, counts: count(services, titleId) }
  titles.delete(titleId)
  const [oldest] = titles.size >= MOST_TITLES ? titles.keys() : []
  if (oldest !== undefined) titles.delete(oldest)
  titles.set(titleId, counted)
  // What failed is tried again by the next request.
  counted.counts.catch(() => titles.get(titleId) === counted && titles.delete(titleId))
  return counted.counts
}

/** With a signal of its own: whoever asked first may go, and the others wait on. */
function count({ store }: Services, titleId: string): Promise<UnlockCounts> {
  return store.read(new AbortController().signal, async (queries) => {
    await titleOf(queries, titleId)
    return {
      players: await queries.playerTitles.countPlayers(titleId),
      unlocks: await queries.progress.countUnlocks(titleId),
    }
  })
}
