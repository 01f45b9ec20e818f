import { CsvError, parse } from 'csv-parse/sync'
import { invalidArgument } from '../../../model/errors.ts'
import type { MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'
import { RowBoundaries } from '../../lines/record-boundaries.ts'
import { readTextRecords, type TextRecord } from '../../lines/record-splitter.ts'
import { type Refused, shownText } from '../../lines/refused.ts'
import type { InputBatch, InputRecord, InputStart } from '../input-record.ts'
import { compileMapping, type MappingContext } from '../mapping/compile-mapping.ts'
import { inputRefused, readBeginning } from './first-bytes.ts'

/** Bytes of one row. */
const MAX_ROW_BYTES = 1024 * 1024
/** Bytes of the header: it is stored with each checkpoint. */
const MAX_HEADER_BYTES = 64 * 1024
const NONE: readonly never[] = Object.freeze([])

type Row = readonly string[]
type MapRow = (row: Row) => MappedRecord | Refused

/**
 * Reads rows of values below a header. A row that has another number of columns, or malformed quotes, is refused.
 * @throws LaurelError for a header without a mapped column, or with one twice
 */
export async function* readDelimited(
  mapping: MigrationMapping,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
  from: InputStart,
): AsyncGenerator<InputBatch> {
  const isResumed = from.position > 0
  const beginning = isResumed ? undefined : await readBeginning(content, MAX_HEADER_BYTES)
  const [firstLine = ''] = (beginning?.firstLine.toString('utf8') ?? from.header).split('\n', 1)
  const delimiter = mapping.format === 'tsv' ? '\t' : delimiterOf(firstLine)
  const boundaries = new RowBoundaries(delimiter.charCodeAt(0), MAX_ROW_BYTES)
  const batches = readTextRecords(
    beginning?.content ?? content,
    beginning?.skipped ?? from.position,
    boundaries,
    MAX_ROW_BYTES,
  )
  let header = isResumed ? from.header : undefined
  let table = header === undefined ? undefined : new Table(mapping, context, header, delimiter)
  for await (const batch of batches) {
    let rows = batch
    if (table === undefined || header === undefined) {
      const [first, ...others] = batch
      header = headerOf(first)
      table = new Table(mapping, context, header, delimiter)
      rows = others
    }
    yield { header, records: table.read(rows) }
  }
}

/** Returns a comma, or the semicolon that spreadsheets write in countries with a decimal comma. */
function delimiterOf(firstLine: string): string {
  const names = firstLine.replace(/"[^"]*"/g, '')
  return !names.includes(',') && names.includes(';') ? ';' : ','
}

function headerOf(record: TextRecord | undefined): string {
  if (record === undefined || record.refusal !== undefined)
    throw inputRefused(`the header cannot be read: ${record?.refusal ?? 'it is missing'}`)
  if (record.text.trim() === '')
    throw inputRefused(
      'the header cannot be read: the first line is empty: begin the input with the names of the columns',
    )
  // Postgres, which stores it, has no such character in texts.
  if (record.text.includes('\0'))
    throw inputRefused('the header holds the character U+0000: is the input text in UTF-8?')
  if (Buffer.byteLength(record.text) <= MAX_HEADER_BYTES) return record.text
  throw inputRefused(
    `the header is longer than ${MAX_HEADER_BYTES / 1024} KiB: leave out columns that are not mapped`,
  )
}

/** The rows below one header. */
class Table {
  readonly #delimiter: string
  readonly #columnCount: number
  readonly #map: MapRow

  /** @throws LaurelError for a header that does not fit the mapping */
  constructor(mapping: MigrationMapping, context: MappingContext, header: string, delimiter: string) {
    this.#delimiter = delimiter
    const columns = this.#parse([header])[0]?.map((name) => name.trim()) ?? []
    this.#columnCount = columns.length
    checkColumns(columns)
    const missing = new Set<string>()
    this.#map = compileMapping<Row>(mapping, context, (field) => {
      const index = columns.indexOf(field)
      if (index === -1) missing.add(field)
      return (row) => row[index]
    })
    if (missing.size > 0) throw columnsMissing([...missing], columns)
  }

  read(batch: readonly TextRecord[]): readonly InputRecord[] {
    const readable = batch.filter(({ text, refusal }) => refusal === undefined && text !== '')
    const rows = this.#parseAll(readable.map(({ text }) => text))
    let index = 0
    return batch.map(({ text, end, refusal }) => {
      if (refusal !== undefined) return { text, end, records: [{ refusal }] }
      if (text === '') return { text, end, records: NONE }
      const row = rows[index] as Row | Refused
      index += 1
      return { text: shownText(text), end, records: [this.#mapRow(row)] }
    })
  }

  #mapRow(row: Row | Refused): MappedRecord | Refused {
    if ('refusal' in row) return row
    if (row.length === this.#columnCount) return this.#map(row)
    const remedy =
      row.length < this.#columnCount
        ? 'add the missing columns'
        : 'put a field that holds a delimiter in quotes'
    return {
      refusal: `the row has ${row.length} columns, and the header has ${this.#columnCount}: ${remedy}`,
    }
  }

  /** Returns a row for each text: together, because each call has costs of its own. */
  #parseAll(texts: readonly string[]): readonly (Row | Refused)[] {
    try {
      const rows = this.#parse(texts)
      if (rows.length === texts.length) return rows
    } catch (error) {
      if (!(error instanceof CsvError)) throw error
    }
    return texts.map((text) => this.#parseOne(text))
  }

  #parseOne(text: string): Row | Refused {
    try {
      const [row, ...others] = this.#parse([text])
      if (row !== undefined && others.length === 0) return row
      return { refusal: 'the row is not one row' }
    } catch (error) {
      if (error instanceof CsvError) return { refusal: `the row is malformed: ${error.message}` }
      throw error
    }
  }

  #parse(texts: readonly string[]): readonly Row[] {
    return parse(texts.join('\n'), {
      delimiter: this.#delimiter,
      record_delimiter: ['\n'],
      relax_column_count: true,
    })
  }
}

function checkColumns(columns: Row): void {
  const repeated = columns.filter((name, index) => name !== '' && columns.indexOf(name) < index)
  if (repeated.length === 0) return
  const names = [...new Set(repeated)].map((name) => JSON.stringify(name)).join(', ')
  throw inputRefused(`the header has columns more than once: ${names}; rename or remove them`)
}

function columnsMissing(missing: Row, columns: Row): Error {
  const known = columns.map((name) => JSON.stringify(name)).join(', ')
  return invalidArgument(
    missing.map((field) => ({
      field: 'mapping',
      message: `names the column ${JSON.stringify(field)}, and the header has ${known.slice(0, 1000)}`,
    })),
  )
}
