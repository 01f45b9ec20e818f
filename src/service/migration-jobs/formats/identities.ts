import { CsvError, parse } from 'csv-parse/sync'
import { LRUCache } from 'lru-cache'
import { LIMITS } from '../../../model/limits.ts'
import { REASON_MEMBER } from '../../../model/migration-job.ts'
import { isLongerThan } from '../../../model/text-length.ts'
import { isLikelyDamaged, UNDAMAGED } from '../../lines/ids.ts'
import { RowBoundaries } from '../../lines/record-boundaries.ts'
import { readTextRecords, type TextRecord } from '../../lines/record-splitter.ts'

/** A map may have millions of rows: a contradiction is found among this many ids before it. */
const MAX_KNOWN_ROWS = 100_000
/** Bytes of one row. */
const MAX_ROW_BYTES = 16 * 1024
/** The beginning of the reason in a file of refused rows: a map has no header that names the column. */
export const REASON_COLUMN = `${REASON_MEMBER}: `

/** A row of an identity map, or why it is none. */
export type IdentityRow = { readonly text: string; readonly end: number } & (
  | { readonly id: string; readonly playerId: string }
  | { readonly refusal: string }
)

/** Reads an identity map: rows of an id of the input and a player id, separated by a comma, without a header. */
export async function* readIdentities(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly IdentityRow[]> {
  const boundaries = new RowBoundaries(','.charCodeAt(0), MAX_ROW_BYTES)
  const players = new LRUCache<string, string>({ maxSize: MAX_KNOWN_ROWS, sizeCalculation: () => 1 })
  for await (const batch of readTextRecords(content, 0, boundaries, MAX_ROW_BYTES))
    yield batch
      .filter(({ text }) => text !== '')
      .map(toRow)
      .map((row) => withoutContradiction(row, players))
}

/** Refuses a row whose id names another player in an earlier row of the map: either could be meant. */
function withoutContradiction(row: IdentityRow, players: LRUCache<string, string>): IdentityRow {
  if ('refusal' in row) return row
  const { text, end, id, playerId } = row
  const earlier = players.get(id)
  players.set(id, earlier ?? playerId)
  if (earlier === undefined || earlier === playerId) return row
  return { text, end, refusal: `the id ${id} names player ${earlier} in an earlier row: keep one of the two` }
}

function toRow({ text, end, refusal }: TextRecord): IdentityRow {
  if (refusal !== undefined) return { text, end, refusal }
  const columns = columnsOf(text).filter((column) => !column.startsWith(REASON_COLUMN))
  const [id = '', playerId = '', ...others] = columns
  if (id === '' || playerId === '' || others.length > 0)
    return { text, end, refusal: 'the row must be an id of the input, a comma and a player id' }
  if (isLongerThan(id, LIMITS.id) || isLongerThan(playerId, LIMITS.id))
    return { text, end, refusal: `the ids must be at most ${LIMITS.id} characters` }
  if (isLikelyDamaged(id) || isLikelyDamaged(playerId))
    return { text, end, refusal: `each id must be ${UNDAMAGED}` }
  return { text, end, id, playerId }
}

function columnsOf(text: string): readonly string[] {
  try {
    return (parse(text, { trim: true }) as string[][])[0] ?? []
  } catch (error) {
    if (error instanceof CsvError) return []
    throw error
  }
}
