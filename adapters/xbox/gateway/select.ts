import { readSortedPage } from '../../../src/dialect/kit/sorted-page.ts'
import type { Instant } from '../../../src/model/instant.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { unlockTimeOf, type XboxProgress } from './entry.ts'
import type { ListQuery, Order, PageQuery } from './query.ts'

interface Page<Item> {
  readonly items: readonly Item[]
  readonly pagingInfo: JsonObject
}

/** Returns the page of the listed achievements that is asked for, in the order that is asked for. */
export async function selectPage(
  read: () => AsyncIterable<readonly XboxProgress[]>,
  isListed: (progressEntry: XboxProgress) => boolean,
  { unlockedOnly, kind, orderBy, start, maxItems }: ListQuery,
  now: Instant,
): Promise<Page<XboxProgress>> {
  const isSelected = ({ achievement, progress }: XboxProgress) =>
    (kind === undefined || achievement.kind === kind) && (!unlockedOnly || progress.state !== 'not_started')
  const { items, totalSize } = await readSortedPage(read, {
    keyOf: (entry) =>
      isListed(entry) && isSelected(entry)
        ? [...keysOf(entry, orderBy, now), ...locationOf(entry)]
        : undefined,
    compare,
    idOf: ({ title, achievement }) => JSON.stringify([title.title.id, achievement.id]),
    start,
    maxItems,
  })
  return { items, pagingInfo: pagingOf(start + maxItems, totalSize) }
}

/** The token is an offset in the list, which it counts whole. */
export function pageOf<Item>(list: readonly Item[], { start, maxItems }: PageQuery): Page<Item> {
  const end = start + maxItems
  return { items: list.slice(start, end), pagingInfo: pagingOf(end, list.length) }
}

function pagingOf(end: number, totalRecords: number): JsonObject {
  return { continuationToken: end < totalRecords ? String(end) : null, totalRecords }
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
