export interface SortedList<Item, Key> {
  /** Returns the sort key; undefined for an item that the list leaves out. Called once for each item. */
  readonly keyOf: (item: Item) => Key | undefined
  readonly compare: (left: Key, right: Key) => number
  readonly idOf: (item: Item) => string
}

interface SortedPage<Item, Key> extends SortedList<Item, Key> {
  readonly start: number
  readonly maxItems: number
}

/** The items that are kept when the parts are read, and of how many parts, because items may be large. */
const MAX_KEPT = { items: 1000, parts: 8 }

/**
 * Returns a page of a list that is read in parts and in another order, and how many items the list has. Keeps the first items, and the
 * ids and keys of the others; if the page has others, the parts are read again. The sort is stable.
 */
export async function readSortedPage<Item, Key>(
  read: () => AsyncIterable<readonly Item[]>,
  { keyOf, compare, idOf, start, maxItems }: SortedPage<Item, Key>,
): Promise<{ readonly items: readonly Item[]; readonly totalSize: number }> {
  const list: { readonly id: string; readonly key: Key }[] = []
  const itemsById = new Map<string, Item>()
  let parts = 0
  for await (const part of read()) {
    parts += 1
    for (const item of part) {
      const key = keyOf(item)
      if (key === undefined) continue
      const id = idOf(item)
      list.push({ id, key })
      if (parts <= MAX_KEPT.parts && itemsById.size < MAX_KEPT.items) itemsById.set(id, item)
    }
  }
  list.sort((left, right) => compare(left.key, right.key))
  const page = list.slice(start, start + maxItems).map(({ id }) => id)
  const missing = new Set(page.filter((id) => !itemsById.has(id)))
  if (missing.size > 0)
    for await (const part of read()) {
      for (const item of part) if (missing.delete(idOf(item))) itemsById.set(idOf(item), item)
      if (missing.size === 0) break
    }
  // An item that was deleted between the two reads is left out.
  return { items: page.flatMap((id) => itemsById.get(id) ?? []), totalSize: list.length }
}
