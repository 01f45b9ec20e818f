import { MAX_DEPTH } from '../../../dialect/json-text.ts'
import { isJsonObject, type JsonValue } from '../../../model/json.ts'
import type { MappedRecord } from '../../../model/migration-mapping.ts'
import { parseRecord } from '../../lines/parse-record.ts'
import { LineBoundaries } from '../../lines/record-boundaries.ts'
import { readTextRecords, type TextRecord } from '../../lines/record-splitter.ts'
import { type Refused, shownText } from '../../lines/refused.ts'
import type { InputRecord, InputStart } from '../input-record.ts'
import { inputRefused, readBeginning } from './first-bytes.ts'

/** Bytes of one line. */
const MAX_LINE_BYTES = 1024 * 1024
const NONE: readonly never[] = Object.freeze([])

/**
 * Reads JSON lines: an object in each line. A line that is no JSON object is refused.
 * @param map returns the records of a line's object
 * @throws LaurelError for an input that is a list, or is not UTF-8
 */
export async function* readJsonLines(
  content: AsyncIterable<Uint8Array>,
  { position }: InputStart,
  map: (json: JsonValue) => readonly (MappedRecord | Refused)[],
  maxDepth = MAX_DEPTH,
): AsyncGenerator<readonly InputRecord[]> {
  for await (const batch of readJsonTexts(content, position, MAX_LINE_BYTES)) {
    yield batch.map((record) => toInputRecord(record, map, maxDepth))
  }
}

/** Reads the lines of an input of JSON lines, not parsed yet. */
export async function* readJsonTexts(
  content: AsyncIterable<Uint8Array>,
  position: number,
  maxBytes: number,
): AsyncGenerator<readonly TextRecord[]> {
  const boundaries = new LineBoundaries()
  if (position > 0) return yield* readTextRecords(content, position, boundaries, maxBytes)
  const beginning = await readBeginning(content, 64)
  if (beginning.firstLine.toString('latin1').trimStart().startsWith('[')) throw inputRefused(IS_LIST)
  yield* readTextRecords(beginning.content, beginning.skipped, boundaries, maxBytes)
}

const IS_LIST =
  "the input is a JSON list, not JSON lines: write each element into a line of its own, for example with jq -c '.[]'"

/** Returns the record of a line. */
export function toInputRecord(
  { text, end, refusal }: TextRecord,
  map: (json: JsonValue) => readonly (MappedRecord | Refused)[],
  maxDepth: number,
): InputRecord {
  if (refusal !== undefined) return { text, end, records: [{ refusal }] }
  if (text.trim() === '') return { text: '', end, records: NONE }
  const parsed = parseRecord(text, maxDepth)
  if ('refusal' in parsed) return { text: shownText(text), end, records: [parsed] }
  const records = isJsonObject(parsed.json) ? map(parsed.json) : [NOT_OBJECT]
  return { text: shownText(text), end, records }
}

const NOT_OBJECT: Refused = { refusal: 'the record must be a JSON object' }
