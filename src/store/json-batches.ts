import { formatJson } from '../model/exact-json.ts'
import type { JsonObject } from '../model/json.ts'

/** UTF-16 units of one JSON parameter. Postgres takes at most 256 MiB in one value, and reads it in memory. */
const MAX_LENGTH = 8 * 2 ** 20

/** Returns the rows as JSON arrays, each below the limit. A row that is longer is in an array of its own. */
export function* jsonBatches(rows: Iterable<JsonObject>): Generator<string> {
  let texts: string[] = []
  let length = 0
  for (const row of rows) {
    const text = formatJson(row)
    if (texts.length > 0 && length + text.length > MAX_LENGTH) {
      yield `[${texts.join()}]`
      texts = []
      length = 0
    }
    texts.push(text)
    length += text.length
  }
  if (texts.length > 0) yield `[${texts.join()}]`
}
