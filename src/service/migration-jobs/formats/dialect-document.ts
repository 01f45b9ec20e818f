import type { Adapter } from '../../../dialect/adapter.ts'
import { type DocumentEntry, readDocument } from '../../../dialect/document.ts'
import { Turns } from '../../../dialect/turns.ts'
import { formatJson } from '../../../model/exact-json.ts'
import type { MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'
import { documentError } from '../../exchange/read-entries.ts'
import { type Refused, shownText } from '../../lines/refused.ts'
import type { InputRecord, InputStart } from '../input-record.ts'
import type { MappingContext } from '../mapping/compile-mapping.ts'
import { entryMapper } from './dialect-entry.ts'

const MAX_BATCH_ENTRIES = 500
const MAX_BATCH_LENGTH = 1024 * 1024

/**
 * Reads the progress in a document of a dialect. The content begins at the start of the document, and the position is a number of
 * entries, which are skipped. Definitions and totals have no records.
 * @throws LaurelError for a document that is no JSON, with line and column
 */
export async function* readDialectDocument(
  mapping: MigrationMapping,
  adapter: Adapter,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
  { position }: InputStart,
): AsyncGenerator<readonly InputRecord[]> {
  const map = entryMapper(mapping, adapter, context)
  const turns = new Turns()
  let batch: InputRecord[] = []
  let batchLength = 0
  let end = 0
  for await (const entry of entriesOf(adapter, content)) {
    end += 1
    await turns.pause()
    if (end <= position) continue
    const records = map(entry, context.account)
    batch.push({ text: textOf(entry, records), end, records })
    batchLength += 'length' in entry ? entry.length : 0
    if (batch.length < MAX_BATCH_ENTRIES && batchLength < MAX_BATCH_LENGTH) continue
    yield batch
    batch = []
    batchLength = 0
  }
  if (batch.length > 0) yield batch
}

async function* entriesOf(
  adapter: Adapter,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<DocumentEntry> {
  try {
    yield* readDocument(adapter.envelope, content)
  } catch (error) {
    throw documentError(error)
  }
}

/** Only refused entries need their text. That of an entry which is too large or too deep is not held in memory. */
function textOf(entry: DocumentEntry, records: readonly (MappedRecord | Refused)[]): string {
  if (!('json' in entry) || !records.some((record) => 'refusal' in record)) return ''
  return shownText(formatJson(entry.json))
}
