import { createHash } from 'node:crypto'
import { LaurelError } from '../../model/errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../model/json.ts'
import {
  DEFINITION_KINDS,
  RECORD_KINDS,
  RECORDS_FORMAT,
  RECORDS_VERSION,
  type RecordKind,
  type RowKind,
} from '../../model/record-line.ts'
import type { Call } from '../call.ts'
import { FieldError } from '../lines/field-error.ts'
import { parseRecord } from '../lines/parse-record.ts'
import { MAX_PROGRESS_LINE_DEPTH } from '../lines/progress-line.ts'
import { LineBoundaries } from '../lines/record-boundaries.ts'
import { readTextRecords } from '../lines/record-splitter.ts'
import { readRow } from '../lines/row-line.ts'
import type { Services } from '../services.ts'
import { type Definitions, readDefinition } from './definition-line.ts'
import { checkImage } from './image-line.ts'
import { GroupRefused, lineRefused, type RecordLine, writeLines } from './write-lines.ts'

/** The state after a part. */
export interface ImportedRecords {
  /** The lines that are imported, from the first on. */
  readonly lineCount: number
  /** Whether these are all. */
  readonly done: boolean
}

const MAX_LINE_BYTES = 8 * 2 ** 20
const PART_LINES = 2_000
const PART_CHARACTERS = 4 * 2 ** 20
/** The kind of a line that Laurel wrote, where it is the first member. */
const KIND = /^\{"kind":"([a-z_]+)"/

/**
 * Imports the lines of an export in parts, each in one transaction. Lines of earlier calls are skipped.
 * @throws LaurelError DOCUMENT_REFUSED with the number of the first line that cannot be imported; DOCUMENT_MALFORMED for an export without
 *   its end; TOO_MUCH_CONTENTION if another call imports it
 */
export async function* importRecords(
  services: Services,
  { content }: { readonly content: AsyncIterable<Uint8Array> },
  call: Call,
  partLines = PART_LINES,
): AsyncGenerator<ImportedRecords> {
  const records = new RecordsImport(services, call)
  let writing: Promise<ImportedRecords> | undefined
  try {
    for await (const batch of readTextRecords(content, 0, new LineBoundaries(), MAX_LINE_BYTES)) {
      for (const { text, refusal } of batch) {
        await records.add(text, refusal)
        if (!records.isFull(partLines)) continue
        if (writing !== undefined) yield await writing
        writing = records.write()
        // The rejection is thrown where the part is awaited.
        writing.catch(() => {})
      }
      call.signal.throwIfAborted()
    }
    records.checkEnd()
    if (writing !== undefined) yield await writing
    yield await records.write()
  } finally {
    // If the part is refused, its line is the first refused line: it precedes the line at which the call failed.
    await writing
  }
}

/** Successive lines, up to the line of a number, and the digest of all lines up to there. */
interface Part {
  readonly start: number
  readonly end: number
  readonly digest: string
  readonly lines: readonly RecordLine[]
}

/** The import of one export. */
class RecordsImport {
  readonly #services: Services
  readonly #call: Call
  readonly #counts = new Map<string, number>()
  readonly #titleIds = new Set<string>()
  readonly #hash = createHash('sha256')
  /** That of the first line. */
  #id = ''
  #line = 0
  /** The lines that earlier calls imported, and their digest. */
  #imported = 0
  #importedDigest = ''
  /** The lines up to this one are imported, or handed to the database. */
  #written = 0
  #part: RecordLine[] = []
  #characters = 0
  #isEnded = false

  constructor(services: Services, call: Call) {
    this.#services = services
    this.#call = call
  }

  isFull(partLines: number): boolean {
    return this.#part.length >= partLines || this.#characters >= PART_CHARACTERS
  }

  /** Takes the next line. */
  async add(text: string, refusal: string | undefined): Promise<void> {
    this.#line += 1
    if (this.#isEnded) throw lineRefused(this.#line, 'must not follow the line of the kind end: remove it')
    if (refusal !== undefined) throw lineRefused(this.#line, refusal)
    this.#hash.update(`${text}\n`)
    // Lines that were imported are not parsed again: their digest is compared. Titles are, as later lines refer to them.
    const skipped = this.#line < this.#imported ? KIND.exec(text)?.[1] : undefined
    if (skipped !== undefined && skipped !== 'title') return this.#count(skipped)
    try {
      await this.#take(this.#parse(text), text.length)
    } catch (error) {
      const isRefusal = error instanceof LaurelError && error.reason === 'INVALID_FIELD'
      throw error instanceof FieldError || isRefusal ? lineRefused(this.#line, error.message) : error
    }
    if (this.#line === this.#imported) this.#compareDigest()
  }

  /** @throws LaurelError if the last line was not the end */
  checkEnd(): void {
    if (this.#isEnded) return
    const message = `the export ends after line ${this.#line}, without its line of the kind end, so it is not whole: import the whole file`
    throw new LaurelError('invalid_argument', 'DOCUMENT_MALFORMED', message)
  }

  /** Writes the lines that were taken, as one part. Further lines may be taken meanwhile. */
  async write(): Promise<ImportedRecords> {
    const part = {
      start: this.#written,
      end: this.#line,
      digest: this.#hash.copy().digest('hex'),
      lines: this.#part,
    }
    const state = { lineCount: part.end, done: this.#isEnded }
    this.#part = []
    this.#characters = 0
    // Earlier calls imported all lines.
    if (part.end <= part.start) return state
    this.#written = part.end
    await this.#tryWrite(part).catch(async (error) => {
      if (!(error instanceof GroupRefused)) throw error
      // Lines are written one by one to find the refused one.
      await this.#tryWrite(part, 1)
    })
    return state
  }

  #tryWrite({ start, end, digest, lines }: Part, groupLines?: number): Promise<void> {
    const { store } = this.#services
    return store.write(this.#call.signal, async (queries) => {
      const lineCount = await queries.records.lockImport(this.#id)
      if (lineCount !== start) throw importedElsewhere(lineCount)
      await writeLines(this.#services, queries, lines, this.#call, groupLines)
      await queries.records.updateImport(this.#id, { lineCount: end, digest })
    })
  }

  #parse(text: string): JsonObject {
    const parsed = parseRecord(text, MAX_PROGRESS_LINE_DEPTH)
    if ('refusal' in parsed) throw lineRefused(this.#line, parsed.refusal)
    if (isJsonObject(parsed.json)) return parsed.json
    throw lineRefused(this.#line, 'must be a JSON object')
  }

  async #take(json: JsonObject, characters: number): Promise<void> {
    const { kind } = json
    if (this.#line === 1) return this.#begin(json)
    if (kind === 'end') return this.#end(json['counts'])
    const read = await this.#read(json)
    this.#count(read.kind)
    if (read.kind === 'title') this.#titleIds.add(read.titleId)
    else if (read.titleId !== '' && !this.#titleIds.has(read.titleId))
      throw new FieldError('titleId', 'that of an earlier line of the kind title', read.titleId)
    if (this.#line <= this.#imported) return
    this.#part.push(read)
    this.#characters += characters
  }

  #count(kind: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
  }

  async #begin({ kind, format, version, id }: JsonObject): Promise<void> {
    if (kind !== 'export' || format !== RECORDS_FORMAT)
      throw new FieldError('format', `${RECORDS_FORMAT}, as in the first line of an export`, format)
    if (version !== RECORDS_VERSION)
      throw new FieldError(
        'version',
        `${RECORDS_VERSION}, unless this Laurel is updated to one that reads newer exports`,
        version,
      )
    if (typeof id !== 'string' || !/^[0-9a-f-]{36}$/.test(id)) throw new FieldError('id', 'a UUID', id)
    this.#id = id
    const { lineCount, digest } = await this.#services.store.read(this.#call.signal, (queries) =>
      queries.records.findImport(id),
    )
    this.#imported = lineCount
    this.#written = lineCount
    this.#importedDigest = digest
  }

  #end(counts: JsonValue | undefined): void {
    if (!isJsonObject(counts)) throw new FieldError('counts', 'an object', counts)
    for (const kind of new Set([...RECORD_KINDS, ...Object.keys(counts)])) {
      const found = this.#counts.get(kind) ?? 0
      if (counts[kind] !== found)
        throw new FieldError(
          `counts.${kind}`,
          `${found}, the number of lines of the kind: import the export as it was written`,
          counts[kind],
        )
    }
    this.#isEnded = true
  }

  async #read(json: JsonObject): Promise<RecordLine> {
    const line = this.#line
    const kind = json['kind'] as RecordKind
    if (!RECORD_KINDS.includes(kind))
      throw new FieldError('kind', `one of ${RECORD_KINDS.join(', ')}, or end, in this version`, kind)
    if (isDefinition(kind)) {
      const record = readDefinition(this.#services, kind, json) as Definitions['title'] | Definitions['stat']
      return { line, kind, record, titleId: 'titleId' in record ? record.titleId : record.id } as RecordLine
    }
    const row = readRow(kind as RowKind, json)
    if (kind === 'image' && line > this.#imported) await checkImage(this.#services, row)
    return { line, kind: kind as RowKind, record: row, titleId: (row['titleId'] as string | undefined) ?? '' }
  }

  /** @throws LaurelError DOCUMENT_REFUSED for lines that differ from the imported ones */
  #compareDigest(): void {
    if (this.#importedDigest === this.#hash.copy().digest('hex')) return
    const problem = `the lines up to this one differ from the lines that were imported before under the same id: import the file that was begun with`
    throw lineRefused(this.#line, problem)
  }
}

function isDefinition(kind: RecordKind): kind is (typeof DEFINITION_KINDS)[number] {
  return (DEFINITION_KINDS as readonly string[]).includes(kind)
}

function importedElsewhere(lineCount: number): LaurelError {
  const message = `another call imports this export, and is at line ${lineCount}: wait for it, or call again to go on after it`
  return new LaurelError('aborted', 'TOO_MUCH_CONTENTION', message)
}
