import { Turns } from '../../dialect/turns.ts'
import type { Entry } from './read-entries.ts'

/** Entries per transaction, and UTF-16 units of their texts: Postgres takes at most 256 MiB of JSON in one value. */
const MAX_ENTRIES = 500
const MAX_LENGTH = 4 * 2 ** 20
/** So short that the database waits for no statement of the batch before, which is written meanwhile. */
const TURN_MILLISECONDS = 1

/** Groups entries into batches. An entry may be longer than a batch, and is one of its own. A document without entries is one empty batch. */
export async function* batchesOf(entries: AsyncIterable<Entry>): AsyncGenerator<readonly Entry[], void> {
  const turns = new Turns(TURN_MILLISECONDS)
  let batch: Entry[] = []
  let [count, length] = [0, 0]
  for await (const entry of entries) {
    const added = 'record' in entry ? entry.length : 0
    if (batch.length === MAX_ENTRIES || (batch.length > 0 && length + added > MAX_LENGTH)) {
      yield batch
      count += 1
      batch = []
      length = 0
    }
    batch.push(entry)
    length += added
    await turns.pause()
  }
  if (batch.length > 0 || count === 0) yield batch
}
