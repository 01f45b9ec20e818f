import type { Adapter } from '../../../../dialect/adapter.ts'
import { DecodeError } from '../../../../dialect/decode-error.ts'
import { readDocument } from '../../../../dialect/document.ts'
import { JsonSyntaxError } from '../../../../dialect/json-text.ts'
import { decodeEntry } from '../../../../dialect/translate.ts'
import { formatJson } from '../../../../model/exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../model/json.ts'
import type { DialectId } from '../../../../model/title.ts'
import { parseRecord } from '../../../lines/parse-record.ts'
import { PROGRESS_KIND } from '../../../lines/progress-line.ts'
import { inputRefused } from '../../formats/first-bytes.ts'
import { ACHIEVEMENT_NAMES, PLAYER_NAMES } from './field-names.ts'
import { FieldCollector, fieldsNamed, MAX_SAMPLE_RECORDS, type Sample } from './sample.ts'
import { listsIn, type NamedDocument, sampleDocuments } from './sample-documents.ts'

const EMPTY = { dialect: undefined, records: '', fields: [], content: undefined } as const
const MAX_ENTRIES = 100

/**
 * Reads JSON: lines of objects, a dialect's document, or the document of one player.
 * @throws LaurelError for JSON in which no records are found, with how to convert it
 */
export async function sampleJson(
  content: Uint8Array,
  text: string,
  source: string,
  dialects: ReadonlyMap<string, Adapter>,
): Promise<Sample> {
  const lines = jsonLinesOf(text)
  const areLines = lines.length > 1 || (lines.length === 1 && /\.(jsonl|ndjson)\b/i.test(source))
  if (areLines) return sampleLines(lines)
  const [line] = lines
  if (line !== undefined && isOwnLine(line)) return sampleLines([line])
  const dialect = await findDialect(content, dialects)
  if (dialect?.namesPlayers)
    return {
      ...EMPTY,
      format: 'dialect_document',
      dialect: dialect.id,
      reason: `format: a document of ${dialects.get(dialect.id)?.displayName ?? dialect.id}, whose entries name the player's account`,
    }
  if (line !== undefined && isRecord(line)) return sampleLines([line])
  if (dialect?.hasProgress === false)
    throw inputRefused(
      `the document has definitions of ${dialect.id} and no progress: to import them, laurel import ${dialect.id} ${source}`,
    )
  return sampleWhole(text, source, dialect?.id)
}

/** Returns the objects of the first lines; none if the first line is not one. */
function jsonLinesOf(text: string): readonly JsonObject[] {
  const objects: JsonObject[] = []
  for (const line of text.split('\n', MAX_SAMPLE_RECORDS)) {
    if (line.trim() === '') continue
    const parsed = parseRecord(line.trim())
    if ('json' in parsed && isJsonObject(parsed.json)) objects.push(parsed.json)
    else if (objects.length === 0) return objects
  }
  return objects
}

function isOwnLine(line: JsonObject): boolean {
  return line['kind'] === PROGRESS_KIND || isDocumentLine(line)
}

function isDocumentLine(line: JsonObject): boolean {
  return Object.hasOwn(line, 'document') && typeof line['file'] === 'string'
}

function isRecord(line: JsonObject): boolean {
  const { fields } = collect([line])
  return fieldsNamed(fields, PLAYER_NAMES).length > 0 && fieldsNamed(fields, ACHIEVEMENT_NAMES).length > 0
}

function collect(records: readonly JsonValue[]): FieldCollector {
  const collector = new FieldCollector()
  for (const record of records) {
    collector.next()
    collector.addMembers(record)
  }
  return collector
}

function sampleLines(lines: readonly JsonObject[]): Sample {
  if (lines.some((line) => line['kind'] === PROGRESS_KIND && isJsonObject(line['progress'] ?? null)))
    return { ...EMPTY, format: 'laurel', reason: "format: lines of Laurel's own export" }
  if (lines.every(isDocumentLine)) {
    const documents = lines.map(({ file, document }) => ({ file, document }) as NamedDocument)
    const found = sampleDocuments(documents, undefined)
    if (found === undefined) throw noList()
    return {
      ...EMPTY,
      format: 'player_documents',
      ...found,
      reason: `format: a document of one player in each line, whose records are ${listName(found.records)}`,
    }
  }
  const { fields } = collect(lines)
  const named = fieldsNamed(fields, ACHIEVEMENT_NAMES)
  const [list] = lines.flatMap((line) => listsIn(line))
  if (named.length === 0 && list !== undefined)
    throw inputRefused(
      `each line is a player with the list ${list.path}, not one record. Convert them to documents of one player each: ` +
        `jq -c '{file: "player", document: .}' INPUT > players.jsonl`,
    )
  return { ...EMPTY, format: 'json_lines', fields, reason: 'format: a JSON object in each line' }
}

function sampleWhole(text: string, source: string, dialect: DialectId | undefined): Sample {
  const parsed = parseRecord(text)
  if ('refusal' in parsed) {
    throw inputRefused(
      `the input is one JSON text of which this is the beginning alone, or is not JSON (${parsed.refusal}). ` +
        "If it is a list, make a line of each record: jq -c '.[]' INPUT > records.jsonl",
    )
  }
  const document = parsed.json
  const found = sampleDocuments([{ file: baseNameOf(source), document }], dialect)
  if (found === undefined) throw noList()
  const line = `${formatJson({ file: source, document })}\n`
  return {
    ...EMPTY,
    format: 'player_documents',
    ...found,
    content: Buffer.from(line),
    reason: `format: a JSON document for each player, whose records are ${listName(found.records)}; each input that ends with .json is one`,
  }
}

function listName(path: string): string {
  return path === '' ? 'the elements of the list' : `in ${path}`
}

function noList(): Error {
  return inputRefused(
    'the JSON has no list of records with an achievement. Give a mapping: {"format": "PLAYER_DOCUMENTS", "records": "path.of.the.list", ' +
      '"player": {"field": "$file"}, "achievement": {"field": "id"}, "unlocked": {"field": "unlocked"}}',
  )
}

/** The name of a file without folders and without `.json`. */
function baseNameOf(source: string): string {
  return (source.split(/[/\\]/).at(-1) ?? '').replace(/\.json$/, '')
}

interface FoundDialect {
  readonly id: DialectId
  readonly hasProgress: boolean
  /** Whether the entries name their player. */
  readonly namesPlayers: boolean
}

/** Returns the dialect that reads most of the first entries, progress rather than definitions, with the fewest losses. */
async function findDialect(
  content: Uint8Array,
  dialects: ReadonlyMap<string, Adapter>,
): Promise<FoundDialect | undefined> {
  let best: (FoundDialect & { readonly score: number }) | undefined
  for (const [id, adapter] of dialects) {
    const { entries, decoded, progress, accounts, losses } = await countEntries(adapter, content)
    if (decoded === 0 || decoded * 2 < entries) continue
    const score = decoded - losses / 1000 + (progress + accounts) / 1_000_000
    if (best === undefined || score > best.score)
      best = { id, hasProgress: progress > 0, namesPlayers: accounts > 0, score }
  }
  return best
}

async function countEntries(adapter: Adapter, content: Uint8Array) {
  const counts = { entries: 0, decoded: 0, progress: 0, accounts: 0, losses: 0 }
  try {
    for await (const entry of readDocument(adapter.envelope, contentOf(content))) {
      counts.entries += 1
      if (counts.entries > MAX_ENTRIES) break
      if (!('json' in entry)) continue
      const decoded = tryDecode(adapter, entry.json, entry.envelope)
      if (decoded?.result.progress === undefined && decoded?.result.achievement === undefined) continue
      counts.decoded += 1
      counts.losses += decoded.losses.length
      if (decoded.result.progress === undefined || decoded.result.progress.state === 'not_started') continue
      counts.progress += 1
      if (decoded.result.progress.account !== undefined) counts.accounts += 1
    }
  } catch (error) {
    // The beginning of a document ends in the middle of an entry.
    if (!(error instanceof JsonSyntaxError) && !(error instanceof DecodeError)) throw error
  }
  return counts
}

function tryDecode(adapter: Adapter, json: JsonObject, envelope: JsonObject) {
  try {
    return decodeEntry(adapter, json, { locale: 'en', envelope })
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

async function* contentOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
