import { formatJson } from '../../model/exact-json.ts'
import type { JsonValue } from '../../model/json.ts'
import { started } from './started.ts'

/**
 * Returns a JSON array in pieces, one for each part of its items: each part is read when the piece before was sent.
 * @throws an error of the first part; one of a later part breaks off the text
 */
export function jsonArray(parts: AsyncIterable<readonly JsonValue[]>): Promise<AsyncGenerator<Uint8Array>> {
  return started(piecesOf(parts))
}

async function* piecesOf(parts: AsyncIterable<readonly JsonValue[]>): AsyncGenerator<Uint8Array> {
  let start = '['
  for await (const items of parts) {
    if (items.length === 0) continue
    yield Buffer.from(`${start}${items.map((item) => formatJson(item)).join(',')}`)
    start = ','
  }
  yield Buffer.from(start === '[' ? '[]' : ']')
}
