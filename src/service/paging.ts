import type { ListPart } from '../model/list-part.ts'
import {
  idDigest,
  type Position,
  readPosition,
  readReturned,
  returnedTokenSize,
  writePosition,
  writeReturned,
} from './page-tokens.ts'

const DEFAULT_PAGE_SIZE = 50
const MAX_PAGE_SIZE = 1000

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined
}

/** A page of a list whose items are cheap to count. */
export interface CountedPage<Item> extends Page<Item> {
  /** Of all pages. */
  readonly totalSize: number
}

/** Which page a caller asks for. */
export interface Paging {
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

interface PageRequest extends Paging {
  readonly defaultSize?: number
}

/** A page ends before it has more, because clients take messages of at most 4 MiB. Its first item may be larger. */
export const MAX_PAGE_BYTES = 3 * 2 ** 20

/**
 * Reads one page of a list whose order never changes. Asks for one item more than fits, to know whether another page follows.
 * `list` names the list with all its filters: a token of another list is rejected. A page that ends because too many items were
 * skipped may have none and a token.
 */
export async function readPage<Item>(
  request: PageRequest,
  list: readonly unknown[],
  read: (after: Position | undefined, limit: number) => Promise<readonly Item[] | ListPart<Item>>,
  positionOf: (item: Item) => Position,
): Promise<Page<Item>> {
  const name = JSON.stringify(list)
  const after = request.pageToken ? readPosition(request.pageToken, name) : undefined
  const found = await read(after, sizeOf(request) + 1)
  const part: ListPart<Item> = 'isCut' in found ? found : { items: found, isCut: false }
  const { items, hasMore } = cut(part, sizeOf(request), 0)
  const last = items.at(-1)
  const scannedTo = items.length === part.items.length ? part.scannedTo : undefined
  const end = scannedTo === undefined ? last && positionOf(last) : { key: scannedTo, id: '' }
  return { items, nextPageToken: hasMore && end ? writePosition(end, name) : undefined }
}

/**
 * Reads one page of a list that may be reordered between two pages: its token holds which items were returned, so none is skipped
 * or repeated. For lists of a title's definitions, which are short. `read` leaves out the items with the digests.
 */
export async function readReorderablePage<Item>(
  request: PageRequest,
  list: readonly unknown[],
  read: (returned: readonly string[], limit: number) => Promise<ListPart<Item>>,
  idOf: (item: Item) => string,
): Promise<Page<Item> & { readonly bytes: number }> {
  const name = JSON.stringify(list)
  const returned = request.pageToken ? readReturned(request.pageToken, name) : []
  const found = await read(returned, sizeOf(request) + 1)
  const tokenBytes = returnedTokenSize(returned.length + sizeOf(request))
  const { items, hasMore, bytes } = cut(found, sizeOf(request), tokenBytes)
  const all = () => [...returned, ...items.map((item) => idDigest(idOf(item)))]
  return { items, nextPageToken: hasMore ? writeReturned(all(), name) : undefined, bytes }
}

function sizeOf({ pageSize, defaultSize = DEFAULT_PAGE_SIZE }: PageRequest): number {
  return Math.min(pageSize || defaultSize, MAX_PAGE_SIZE)
}

/** Returns the items that fit on a page beside the next token, at least one if there is any, and whether there are more. */
function cut<Item>({ items, isCut }: ListPart<Item>, size: number, tokenBytes: number) {
  let bytes = tokenBytes
  let count = 0
  for (const item of items.slice(0, size)) {
    const added = bytesOf(item)
    if (bytes + added > MAX_PAGE_BYTES && count > 0) break
    bytes += added
    count += 1
  }
  return { items: items.slice(0, count), hasMore: isCut || items.length > count, bytes }
}

/** About as many bytes as a message of the value takes. */
export function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 4
  if (typeof value !== 'object' || value === null) return 12
  let bytes = 8
  for (const [name, member] of Object.entries(value)) bytes += name.length + bytesOf(member)
  return bytes
}
