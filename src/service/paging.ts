import { LaurelError } from '../model/errors.ts'

const DEFAULT_PAGE_SIZE = 50
const MAX_PAGE_SIZE = 1000
/** An integer of 64 bits has at most 19 digits. */
const KEY = /^-?\d{1,19}$/

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined
}

/** Where a page begins: after the entry of this sort key and id. */
export interface Position {
  readonly key: bigint
  readonly id: string
}

/**
 * Reads one page: asks for one entry more than fits, to know whether another page follows.
 * `list` names what is listed with all its filters: a token of another list is refused.
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
  const more = found.length > size && last !== undefined
  return { items, nextPageToken: more ? writeToken(positionOf(last), name) : undefined }
}

function writeToken({ key, id }: Position, list: string): string {
  return Buffer.from(JSON.stringify([String(key), id, list])).toString('base64url')
}

function readToken(token: string | undefined, list: string): Position | undefined {
  if (token === undefined || token === '') return undefined
  try {
    const [key, id, of] = JSON.parse(Buffer.from(token, 'base64url').toString())
    const isText = typeof key === 'string' && typeof id === 'string'
    if (isText && KEY.test(key) && of === list && id.isWellFormed() && !id.includes('\u0000')) {
      return { key: BigInt.asIntN(64, BigInt(key)), id }
    }
  } catch {
    // Falls through: whatever is wrong with it, it is no token of this list.
  }
  const message = 'page_token is not one that this list gave: start again without it'
  throw new LaurelError('invalid_argument', 'PAGE_TOKEN_INVALID', message, {
    violations: [{ field: 'page_token', message: 'must be the next_page_token of the same list' }],
  })
}
