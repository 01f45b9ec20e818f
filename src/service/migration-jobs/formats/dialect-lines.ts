import type { Adapter } from '../../../dialect/adapter.ts'
import { MAX_DEPTH } from '../../../dialect/json-text.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../model/json.ts'
import type { MappedRecord, MigrationMapping } from '../../../model/migration-mapping.ts'
import { FieldError } from '../../lines/field-error.ts'
import { readId } from '../../lines/ids.ts'
import type { Refused } from '../../lines/refused.ts'
import type { InputRecord, InputStart } from '../input-record.ts'
import { type MappingContext, refusalOf } from '../mapping/compile-mapping.ts'
import { entryMapper, type MapEntry } from './dialect-entry.ts'
import { readJsonTexts, toInputRecord } from './json-lines.ts'

const MAX_LINE_BYTES = 4 * 1024 * 1024
const MAX_REFUSAL = 500
const NONE: readonly never[] = Object.freeze([])

/**
 * Reads lines that each have an entry of a dialect, with the player's account: `{"account": ID, "entry": {...}, "cursor": TEXT}`. A line
 * with an `error` instead says why the player's entries are missing, and is refused; one with neither has no record.
 */
export async function* readDialectLines(
  mapping: MigrationMapping,
  adapter: Adapter,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
  { position }: InputStart,
): AsyncGenerator<readonly InputRecord[]> {
  const map = entryMapper(mapping, adapter, context)
  for await (const batch of readJsonTexts(content, position, MAX_LINE_BYTES)) {
    yield batch.map((line) => {
      let cursor: JsonValue | undefined
      const record = toInputRecord(
        line,
        (json) => {
          cursor = (json as JsonObject)['cursor']
          return mapLine(json as JsonObject, map)
        },
        MAX_DEPTH + 1,
      )
      return typeof cursor === 'string' ? { ...record, cursor } : record
    })
  }
}

/** The lines of an account that follow each other. */
export interface AccountLines {
  readonly account: string
  readonly records: readonly (MappedRecord | Refused)[]
  /** False if the account has more lines than one part holds. */
  readonly isWhole: boolean
}

const MAX_ACCOUNT_RECORDS = 10_000

/** Yields the lines of each account. Lines without an account are refused, and have the account ''. */
export async function* readAccountLines(
  mapping: MigrationMapping,
  adapter: Adapter,
  context: MappingContext,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<AccountLines> {
  const map = entryMapper(mapping, adapter, context)
  let account: string | undefined
  let records: (MappedRecord | Refused)[] = []
  let isWhole = true
  for await (const batch of readJsonTexts(content, 0, MAX_LINE_BYTES)) {
    for (const line of batch) {
      let next = ''
      const input = toInputRecord(
        line,
        (json) => {
          next = String((json as JsonObject)['account'] ?? '')
          return mapLine(json as JsonObject, map)
        },
        MAX_DEPTH + 1,
      )
      if (input.text === '') continue
      const isOther = next !== account
      if (account !== undefined && (isOther || records.length >= MAX_ACCOUNT_RECORDS)) {
        yield { account, records, isWhole: isWhole && isOther }
        isWhole = isOther
        records = []
      }
      account = next
      records.push(...input.records)
    }
  }
  if (account !== undefined) yield { account, records, isWhole }
}

function mapLine(line: JsonObject, map: MapEntry): readonly (MappedRecord | Refused)[] {
  try {
    const account = readId('account', line['account'])
    const { entry, error } = line
    if (typeof error === 'string') return [{ refusal: error.slice(0, MAX_REFUSAL) }]
    if (entry === undefined) return NONE
    if (!isJsonObject(entry)) throw new FieldError('entry', 'an object', entry)
    return map({ path: ['entry'], json: entry, envelope: {}, length: 0 }, account)
  } catch (error) {
    return [refusalOf(error)]
  }
}
