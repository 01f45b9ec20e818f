import type { Instant } from '../../../src/model/instant.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { unlockTimeOf, type XboxProgress } from './entry.ts'
import type { ListQuery, Order, PageQuery } from './query.ts'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly pagingInfo: JsonObject
}

/** Those of the standings that are asked for, in the order that is asked for. */
export function select(
  progressList: readonly XboxProgress[],
  { unlockedOnly, kind, orderBy }: Pick<ListQuery, 'unlockedOnly' | 'kind' | 'orderBy'>,
  now: Instant,
): readonly XboxProgress[] {
  return progressList
    .filter(
      ({ achievement, progress }) =>
        (kind === undefined || achievement.kind === kind) &&
        (!unlockedOnly || progress.state !== 'not_started'),
    )
    .map((progressEntry) => ({
      progressEntry,
      keys: [...keysOf(progressEntry, orderBy, now), ...locationOf(progressEntry)],
    }))
    .sort((left, right) => compare(left.keys, right.keys))
    .map(({ progressEntry }) => progressEntry)
}

/** The token is an offset in the list, which it counts whole. */
export function pageOf<Item>(list: readonly Item[], { start, maxItems }: PageQuery): Page<Item> {
  const end = start + maxItems
  const continuationToken = end < list.length ? String(end) : null
  return { items: list.slice(start, end), pagingInfo: { continuationToken, totalRecords: list.length } }
}

function keysOf(progressEntry: XboxProgress, orderBy: Order, now: Instant): readonly Key[] {
  const { title, achievement } = progressEntry
  switch (orderBy) {
    case 'unordered':
      return []
    case 'title':
      return [BigInt(title.titleId ?? 0), title.scid]
    case 'unlocktime': {
      // The latest first; locked achievements have no time and come last.
      const time = unlockTimeOf(progressEntry)
      return time === undefined ? [1n, 0n] : [0n, -time]
    }
    case 'endingsoon': {
      const end = achievement.window?.end
      return end === undefined || end < now ? [1n, 0n] : [0n, end]
    }
  }
}

type Key = bigint | string

/** By number, as ids are; others by their text after them. The title tells the same number of several apart. */
function locationOf({ title, achievement }: XboxProgress): readonly Key[] {
  const id = achievement.ids['xbox'] ?? ''
  const basePath = /^\d{1,19}$/.test(id) ? [0n, BigInt(id)] : [1n, 0n]
  return [...basePath, id, title.scid]
}

function compare(left: readonly Key[], right: readonly Key[]): number {
  for (const [index, key] of left.entries()) {
    const other = right[index] as Key
    if (key !== other) return key < other ? -1 : 1
  }
  return 0
}
