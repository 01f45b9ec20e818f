import { createHash } from 'node:crypto'
import { LaurelError } from '../model/errors.ts'

const DEFAULT_PAGE_SIZE = 50
const MAX_PAGE_SIZE = 1000
/** An integer of 64 bits has at most 19 digits. */
const SORT_KEY = /^-?\d{1,19}$/

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined
}

/** The sort key and id of the last item of the page before (keyset pagination). */
export interface Position {
  readonly key: bigint
  readonly id: string
}

interface PageRequest {
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
  readonly defaultSize?: number
}

/** A page ends before it has more, because clients take messages of at most 4 MiB. Its first item may be larger. */
const MAX_PAGE_BYTES = 3 * 2 ** 20

/**
 * Reads one page of a list whose order never changes. Asks for one item more than fits, to know whether another page follows.
 * `list` names the list with all its filters: a token of another list is rejected.
 */
export async function readPage<Item>(
  request: PageRequest,
  list: readonly unknown[],
  read: (after: Position | undefined, limit: number) => Promise<readonly Item[]>,
  positionOf: (item: Item) => Position,
): Promise<Page<Item>> {
  const name = JSON.stringify(list)
  const after = readToken(request.pageToken, name)
  const { items, hasMore } = cut(await read(after, sizeOf(request) + 1), sizeOf(request))
  const last = items.at(-1)
  return { items, nextPageToken: hasMore && last ? writeToken(positionOf(last), name) : undefined }
}

/**
 * Reads one page of a list that may be reordered between two pages: its token holds which items were returned, so none is skipped
 * or repeated. For lists of a title's definitions, which are short. `read` leaves out the items with the digests.
 */
export async function readReorderablePage<Item>(
  request: PageRequest,
  list: readonly unknown[],
  read: (returned: readonly string[], limit: number) => Promise<readonly Item[]>,
  idOf: (item: Item) => string,
): Promise<Page<Item>> {
  const name = JSON.stringify(list)
  const digests = readToken(request.pageToken, name)?.id ?? ''
  const returned = digests.match(DIGESTS) ?? []
  const { items, hasMore } = cut(await read(returned, sizeOf(request) + 1), sizeOf(request))
  const all = digests + items.map((item) => idDigest(idOf(item))).join('')
  return { items, nextPageToken: hasMore ? writeToken({ key: 0n, id: all }, name) : undefined }
}

/** 64 bits in hexadecimal, as the store computes them in SQL. */
export function idDigest(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16)
}

const DIGESTS = /[0-9a-f]{16}/g

function sizeOf({ pageSize, defaultSize = DEFAULT_PAGE_SIZE }: PageRequest): number {
  return Math.min(pageSize || defaultSize, MAX_PAGE_SIZE)
}

/** Returns the items that fit on a page, at least one if there is any, and whether there are more. */
function cut<Item>(
  found: readonly Item[],
  size: number,
): { readonly items: readonly Item[]; readonly hasMore: boolean } {
  let bytes = 0
  let count = 0
  for (const item of found.slice(0, size)) {
    bytes += bytesOf(item)
    if (bytes > MAX_PAGE_BYTES && count > 0) break
    count += 1
  }
  return { items: found.slice(0, count), hasMore: found.length > count }
}

/** About as many bytes as a message of the value takes. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 4
  if (typeof value !== 'object' || value === null) return 12
  let bytes = 8
  for (const [name, member] of Object.entries(value)) bytes += name.length + bytesOf(member)
  return bytes
}

function writeToken({ key, id }: Position, list: string): string {
  return Buffer.from(JSON.stringify([String(key), id, list])).toString('base64url')
}

function readToken(token: string | undefined, list: string): Position | undefined {
  if (token === undefined || token === '') return undefined
  try {
    const [key, id, of] = JSON.parse(Buffer.from(token, 'base64url').toString())
    const isText = typeof key === 'string' && typeof id === 'string'
    if (isText && SORT_KEY.test(key) && of === list && id.isWellFormed() && !id.includes('\u0000')) {
      return { key: BigInt.asIntN(64, BigInt(key)), id }
    }
  } catch {
    // Not JSON, or not a list of three: the same error as for a token of another list.
  }
  const message = 'page_token is not one that this list gave: start again without it'
  throw new LaurelError('invalid_argument', 'PAGE_TOKEN_INVALID', message, {
    violations: [{ field: 'page_token', message: 'must be the next_page_token of the same list' }],
  })
}
