import { createHash } from 'node:crypto'
import { invalidArgument, LaurelError } from '../model/errors.ts'

/*
 * Page tokens come from callers, so each has a bounded size and exactly one valid text. Both kinds hold a digest of the name of
 * their list, so that a token of another list is rejected.
 */

/** The sort key and id of the last item of the page before (keyset pagination). */
export interface Position {
  readonly key: bigint
  readonly id: string
}

/** An integer of 64 bits has at most 19 digits. */
const SORT_KEY = /^-?\d{1,19}$/
/** Characters of a token of a position: two ids of the maximum length, escaped. */
const MAX_POSITION_TOKEN = 4096

const HEAD_BYTES = 16
const DIGEST_BYTES = 8
const MAX_RETURNED = 100_000
/** Characters of a token with the digests of so many items. */
export const returnedTokenSize = (count: number) => Math.ceil(((HEAD_BYTES + DIGEST_BYTES * count) * 4) / 3)

export function writePosition({ key, id }: Position, list: string): string {
  return Buffer.from(JSON.stringify([String(key), id, headOf(list).toString('hex')])).toString('base64url')
}

/** @throws LaurelError PAGE_TOKEN_INVALID */
export function readPosition(token: string, list: string): Position {
  const bytes = bytesOf(token, MAX_POSITION_TOKEN)
  try {
    const [key, id, head] = JSON.parse(bytes.toString())
    const position = { key: BigInt.asIntN(64, SORT_KEY.test(key) ? BigInt(key) : 0n), id }
    if (isText(id) && head === headOf(list).toString('hex') && writePosition(position, list) === token)
      return position
  } catch {
    // Not JSON, or not a list: the same error as for a token of another list.
  }
  throw pageTokenInvalid()
}

/** Returns a token with the digests of the items that were returned: see `idDigest`. */
export function writeReturned(returned: readonly string[], list: string): string {
  if (returned.length > MAX_RETURNED) {
    const message = `cannot go beyond ${MAX_RETURNED} items of a list that may be reordered: filter the list`
    throw invalidArgument([{ field: 'page_token', message }])
  }
  return Buffer.concat([headOf(list), Buffer.from(returned.join(''), 'hex')]).toString('base64url')
}

/** @throws LaurelError PAGE_TOKEN_INVALID */
export function readReturned(token: string, list: string): readonly string[] {
  const bytes = bytesOf(token, returnedTokenSize(MAX_RETURNED))
  const count = (bytes.length - HEAD_BYTES) / DIGEST_BYTES
  if (!Number.isInteger(count) || count < 1 || !bytes.subarray(0, HEAD_BYTES).equals(headOf(list)))
    throw pageTokenInvalid()
  const returned = Array.from({ length: count }, (_, index) => {
    const start = HEAD_BYTES + index * DIGEST_BYTES
    return bytes.toString('hex', start, start + DIGEST_BYTES)
  })
  if (new Set(returned).size < count) throw pageTokenInvalid()
  return returned
}

/** 64 bits in hexadecimal, as the store computes them in SQL. */
export function idDigest(id: string): string {
  return createHash('sha256')
    .update(id)
    .digest('hex')
    .slice(0, DIGEST_BYTES * 2)
}

function headOf(list: string): Buffer {
  return createHash('sha256').update(list).digest().subarray(0, HEAD_BYTES)
}

/** `Buffer.from` skips other characters than those of base64url: only a token that `toString` would write is accepted. */
function bytesOf(token: string, maxCharacters: number): Buffer {
  if (token.length > maxCharacters) throw pageTokenInvalid()
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.toString('base64url') !== token) throw pageTokenInvalid()
  return bytes
}

function isText(id: unknown): id is string {
  return typeof id === 'string' && id.isWellFormed() && !id.includes('\u0000')
}

export function pageTokenInvalid(
  message = 'page_token was not returned by this list: start again without a token',
): LaurelError {
  return new LaurelError('invalid_argument', 'PAGE_TOKEN_INVALID', message, {
    violations: [{ field: 'page_token', message: 'must be the next_page_token of the same list' }],
  })
}
