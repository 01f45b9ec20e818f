import { Turns } from '../../../dialect/turns.ts'
import { isJsonObject, type JsonValue } from '../../../model/json.ts'
import type { MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'
import { parseRecord } from '../../lines/parse-record.ts'
import type { TextRecord } from '../../lines/record-splitter.ts'
import { type Refused, shownText } from '../../lines/refused.ts'
import type { InputRecord, InputStart } from '../input-record.ts'
import { compileMapping, type MappingContext } from '../mapping/compile-mapping.ts'
import { type DocumentRecord, documentFieldReader, pathReader } from '../mapping/fields.ts'
import { readJsonTexts } from './json-lines.ts'

/** Bytes of a line: a document of 16 MiB, and the name of its file. */
const MAX_LINE_BYTES = 16 * 1024 * 1024
const NONE: readonly never[] = Object.freeze([])

/** Reads a player's document in each line, `{"file": NAME, "document": JSON}`, with any number of records. */
export async function* readPlayerDocuments(
  mapping: MigrationMapping,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
  { position }: InputStart,
): AsyncGenerator<readonly InputRecord[]> {
  const map = compileMapping<DocumentRecord>(mapping, context, documentFieldReader)
  const listOf = mapping.records === '' ? undefined : pathReader(mapping.records)
  const turns = new Turns()
  for await (const batch of readJsonTexts(content, position, MAX_LINE_BYTES)) {
    const records: InputRecord[] = []
    for (const line of batch) {
      records.push(await toInputRecord(line, mapping.records, listOf, map, turns))
      await turns.pause()
    }
    yield records
  }
}

async function toInputRecord(
  { text, end, refusal }: TextRecord,
  path: string,
  listOf: ((document: JsonValue) => JsonValue | undefined) | undefined,
  map: (record: DocumentRecord) => MappedRecord | Refused,
  turns: Turns,
): Promise<InputRecord> {
  if (refusal !== undefined) return { text, end, records: [{ refusal }] }
  if (text.trim() === '') return { text: '', end, records: NONE }
  const shown = shownText(text)
  const found = recordsOf(text, path, listOf)
  if ('refusal' in found) return { text: shown, end, records: [found] }
  const records: (MappedRecord | Refused)[] = []
  for (const record of found) {
    records.push(map(record))
    await turns.pause()
  }
  return { text: shown, end, records }
}

/** Returns the records of a line. A document without the list has none. */
function recordsOf(
  text: string,
  path: string,
  listOf: ((document: JsonValue) => JsonValue | undefined) | undefined,
): readonly DocumentRecord[] | Refused {
  const parsed = parseRecord(text)
  if ('refusal' in parsed) return parsed
  const { json } = parsed
  if (!isJsonObject(json) || !Object.hasOwn(json, 'document')) return NOT_DOCUMENT
  const document = json['document'] as JsonValue
  const name = Object.hasOwn(json, 'file') ? json['file'] : ''
  if (typeof name !== 'string') return NOT_DOCUMENT
  const file = baseName(name)
  const list = listOf === undefined ? document : listOf(document)
  if (Array.isArray(list)) return list.map((record) => ({ file, document, key: undefined, record }))
  if (listOf === undefined) return [{ file, document, key: undefined, record: document }]
  if (list === undefined || list === null) return NONE
  if (!isJsonObject(list)) return { refusal: `${path}: must be a list or an object, and is a single value` }
  return Object.entries(list).map(([key, record]) => ({ file, document, key, record }))
}

const NOT_DOCUMENT: Refused = {
  refusal: 'the line must be an object with a document: {"file": NAME, "document": JSON}',
}

/** Returns the name of a file without folders and without `.json`. */
function baseName(name: string): string {
  const base = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  return base.endsWith('.json') ? base.slice(0, -'.json'.length) : base
}
