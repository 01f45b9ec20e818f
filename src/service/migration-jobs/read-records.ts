import type { Adapter } from '../../dialect/adapter.ts'
import { invalidArgument } from '../../model/errors.ts'
import type { MigrationMapping } from '../../model/migration-mapping.ts'
import { MAX_PROGRESS_LINE_DEPTH } from '../lines/progress-line.ts'
import { readDelimited } from './formats/delimited.ts'
import { readDialectDocument } from './formats/dialect-document.ts'
import { readDialectLines } from './formats/dialect-lines.ts'
import { readJsonLines } from './formats/json-lines.ts'
import { laurelLineMapper } from './formats/laurel-lines.ts'
import { readPlayerDocuments } from './formats/player-documents.ts'
import type { InputBatch, InputRecord, InputStart } from './input-record.ts'
import { checkMapping } from './mapping/check-mapping.ts'
import { compileMapping, type MappingContext } from './mapping/compile-mapping.ts'
import { pathReader } from './mapping/fields.ts'

/**
 * Reads and maps the records of an input while it arrives, in batches. Memory is that of a batch, however long the input is, and other
 * calls run in between. The same input gives the same records, however it is divided into chunks and wherever reading begins.
 * @param content the decompressed bytes from the position on; of a dialect's document from its start on
 * @throws LaurelError for a mapping with violations, and for an input of which no record can be read
 */
export async function* readRecords(
  mapping: MigrationMapping,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
  from: InputStart,
): AsyncGenerator<InputBatch> {
  const violations = checkMapping(mapping, context.dialects)
  if (violations.length > 0) throw invalidArgument(violations)
  if (mapping.format === 'csv' || mapping.format === 'tsv') {
    return yield* readDelimited(mapping, context, content, from)
  }
  for await (const records of readWithoutHeader(mapping, context, content, from)) {
    yield { header: '', records }
  }
}

function readWithoutHeader(
  mapping: MigrationMapping,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
  from: InputStart,
): AsyncGenerator<readonly InputRecord[]> {
  switch (mapping.format) {
    case 'player_documents':
      return readPlayerDocuments(mapping, context, content, from)
    case 'laurel':
      return readJsonLines(content, from, laurelLineMapper(mapping), MAX_PROGRESS_LINE_DEPTH)
    case 'dialect_document':
      return readDialectDocument(mapping, adapterOf(mapping, context), context, content, from)
    case 'dialect_lines':
      return readDialectLines(mapping, adapterOf(mapping, context), context, content, from)
    default: {
      const map = compileMapping(mapping, context, pathReader)
      return readJsonLines(content, from, (json) => [map(json)])
    }
  }
}

function adapterOf({ dialect = '' }: MigrationMapping, { dialects }: MappingContext): Adapter {
  const adapter = dialects.get(dialect)
  if (adapter === undefined) throw new TypeError('the mapping was not checked')
  return adapter
}
