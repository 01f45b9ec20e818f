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

/**
 * Reads one page. Asks for one item more than fits, to know whether another page follows.
 * `list` names the list with all its filters: a token of another list is rejected.
 */
export async function readPage<Item>(
  request: {
    readonly pageSize: number | undefined
    readonly pageToken: string | undefined
    readonly defaultSize?: number
  },
  list: readonly unknown[],
  read: (after: Position | undefined, limit: number) => Promise<readonly Item[]>,
  positionOf: (item: Item) => Position,
): Promise<Page<Item>> {
  const size = Math.min(request.pageSize || (request.defaultSize ?? DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
  const name = JSON.stringify(list)
  const found = await read(readToken(request.pageToken, name), size + 1)
  const items = found.slice(0, size)
  const last = items.at(-1)
  const hasMore = found.length > size && last !== undefined
  return { items, nextPageToken: hasMore ? writeToken(positionOf(last), name) : undefined }
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
