import { DecodeError, describe } from '../../../src/dialect/decode-error.ts'
import { readSortedPage, type SortedList } from '../../../src/dialect/kit/sorted-page.ts'
import type { RequestHead } from '../../../src/http/gateway.ts'
import type { JsonObject, JsonValue } from '../../../src/model/json.ts'

/** Which part of a list is asked for. */
export interface Window {
  readonly offset: number
  readonly limit: number
}

const MAX_LIMIT = 100
const MAX_OFFSET = 2 ** 31 - 1

/** A limit above the highest means the highest: the page says where the next one begins. */
export function readWindow({ query }: RequestHead, usualLimit = 10): Window {
  const limit = readInteger(query, 'limit', usualLimit, 1)
  return { limit: Math.min(limit, MAX_LIMIT), offset: readInteger(query, 'offset', 0, 0) }
}

/** One page of a list that is there as a whole, with the paths of those around it. */
export function pageOf<Item>(
  request: RequestHead,
  items: readonly Item[],
  write: (item: Item) => JsonValue,
  usualLimit?: number,
): { readonly data: readonly JsonValue[]; readonly paging: JsonObject } {
  const window = readWindow(request, usualLimit)
  const data = items.slice(window.offset, window.offset + window.limit).map(write)
  return { data, paging: pagingOf(request, window, window.offset + window.limit < items.length) }
}

/**
 * As `pageOf`, of a list that is read in parts and in another order: see `readSortedPage`. Equal items are in order of id, because their
 * positions in the list may change between two pages.
 */
export async function sortedPageOf<Item, Key>(
  request: RequestHead,
  read: () => AsyncIterable<readonly Item[]>,
  order: SortedList<Item, Key>,
  write: (item: Item) => JsonValue,
): Promise<{ readonly data: readonly JsonValue[]; readonly paging: JsonObject }> {
  const window = readWindow(request)
  const page = {
    keyOf: (item: Item) => {
      const key = order.keyOf(item)
      return key === undefined ? undefined : { key, id: order.idOf(item) }
    },
    compare: (left: KeyOfItem<Key>, right: KeyOfItem<Key>) =>
      order.compare(left.key, right.key) || (left.id < right.id ? -1 : 1),
    idOf: order.idOf,
    start: window.offset,
    maxItems: window.limit,
  }
  const { items, totalSize } = await readSortedPage(read, page)
  const hasMore = window.offset + window.limit < totalSize
  return { data: items.map(write), paging: pagingOf(request, window, hasMore) }
}

interface KeyOfItem<Key> {
  readonly key: Key
  readonly id: string
}

/** Where the pages before and after begin; empty where there is none, for clients go on until it is. */
export function pagingOf(request: RequestHead, { offset, limit }: Window, hasMore: boolean): JsonObject {
  return {
    previous: offset === 0 ? '' : pathAt(request, { offset: Math.max(offset - limit, 0), limit }),
    next: hasMore ? pathAt(request, { offset: offset + limit, limit }) : '',
  }
}

/** As the service itself would call it, with all else that was asked; the mount is the client's base URL. */
function pathAt({ mount, path, query }: RequestHead, { offset, limit }: Window): string {
  const asked = new URLSearchParams(query)
  asked.set('limit', String(limit))
  asked.set('offset', String(offset))
  return `${path.slice(mount.length)}?${asked}`
}

function readInteger(query: URLSearchParams, name: string, usual: number, min: number): number {
  const text = query.get(name) ?? ''
  if (text === '') return usual
  const value = /^\+?\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= MAX_OFFSET) return value
  throw new DecodeError(
    [name],
    `expected an integer from ${min} to ${MAX_OFFSET}, but found ${describe(text)}`,
  )
}

const TRUE = /^(1|t|true)$/i
const FALSE = /^(0|f|false)$/i

/** Reads a flag as Go does, in any case: C# clients write `True`. Undefined if it is absent or empty. */
export function readFlag(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name) ?? ''
  if (text === '') return undefined
  if (TRUE.test(text)) return true
  if (FALSE.test(text)) return false
  throw new DecodeError([name], `expected true or false, but found ${describe(text)}`)
}

export interface Sorting<Key extends string> {
  readonly key: Key
  readonly descending: boolean
}

/** Where the platform documents no order: items that are added while a client reads pages come last, and none moves. */
export const BY_CREATION = { key: 'createdAt', descending: false } as const

/** `key`, `key:asc` or `key:desc`. */
export function readSorting<Key extends string, Usual extends Sorting<Key> | undefined>(
  query: URLSearchParams,
  keys: readonly Key[],
  usual: Usual,
): Sorting<Key> | Usual {
  const text = query.get('sortBy') ?? ''
  if (text === '') return usual
  const [name, direction = 'asc', ...rest] = text.split(':')
  const key = keys.find((known) => known === name)
  if (key !== undefined && rest.length === 0 && /^(asc|desc)$/.test(direction)) {
    return { key, descending: direction === 'desc' }
  }
  const known = keys.join(', ')
  throw new DecodeError(
    ['sortBy'],
    `expected one of ${known}, with :asc or :desc, but found ${describe(text)}`,
  )
}

/** The sortings in a comma-separated list, the most significant first. A repeated key has no effect, and would cost a sort. */
export function readSortings<Key extends string>(
  text: string,
  keys: readonly Key[],
): readonly Sorting<Key>[] {
  const sortings = new Map<Key, Sorting<Key>>()
  for (const sortBy of text.split(',')) {
    const sorting = readSorting(new URLSearchParams({ sortBy }), keys, undefined)
    if (sorting !== undefined && !sortings.has(sorting.key)) sortings.set(sorting.key, sorting)
  }
  return [...sortings.values()]
}

/** Sorts by a key; the sort is stable. */
export function sorted<Item, Key extends string>(
  items: readonly Item[],
  { key, descending }: Sorting<Key>,
  keyOf: (item: Item, key: Key) => bigint | number | string,
): readonly Item[] {
  const compare = compareKeys(descending)
  return [...items].sort((left, right) => compare(keyOf(left, key), keyOf(right, key)))
}

export function compareKeys(
  descending: boolean,
): (left: bigint | number | string, right: bigint | number | string) => number {
  const sign = descending ? -1 : 1
  return (left, right) => (left < right ? -sign : left > right ? sign : 0)
}
