import { formatJson } from '../model/exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../model/json.ts'
import { LIMITS } from '../model/limits.ts'
import type { Envelope } from './adapter.ts'
import { DecodeError, describe } from './decode-error.ts'
import { DocumentScanner, MAX_ENTRY_LENGTH, type Piece } from './document-scanner.ts'
import { JsonSyntaxError, parseJson } from './json-text.ts'
import type { Path } from './losses.ts'
import { Turns } from './turns.ts'

/**
 * UTF-16 units that the scanner takes at once. It copies the value that it is in with each push, so pushing many small
 * chunks would cost the square of the value's length.
 */
const PUSH_LENGTH = 64 * 1024

/** One entry of a document and where it stands: read, or refused by itself. */
export type DocumentEntry =
  | {
      readonly path: Path
      readonly json: JsonObject
      /** The members around the list that stand before the entry. */
      readonly envelope: JsonObject
      /** UTF-16 units of its text. */
      readonly length: number
    }
  | { readonly path: Path; readonly error: DecodeError }

/** The facts of a document that are known at its end. */
export interface DocumentEnd {
  /** Whether it was one object instead of a list. */
  readonly single: boolean
  readonly envelope: JsonObject
}

/**
 * Reads a document while it arrives: an array, an object around a list, or one object, as the envelope says. Lets other calls run
 * between two entries, however much of it is in memory.
 * Returns the facts that are known at its end.
 * @throws JsonSyntaxError for a text that is not JSON, with line and column in the whole document.
 * @throws DecodeError for an entry that is too large or too deep, and for a member that stands twice in the object at the top.
 */
export async function* readDocument(
  lists: Pick<Envelope, 'lists'>,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<DocumentEntry, DocumentEnd> {
  const scanner = new DocumentScanner(lists.lists)
  const members: [string, JsonValue][] = []
  let envelope: JsonObject | undefined
  let envelopeLength = 0
  let count = 0
  const turns = new Turns()
  for await (const text of textOf(content)) {
    for (const piece of scanner.push(text)) {
      await turns.pause()
      if (piece.kind === 'entry') {
        const path = piece.name === undefined ? [count] : [piece.name, count]
        count += 1
        envelope ??= Object.fromEntries(members)
        yield readEntry(piece, path, envelope)
        continue
      }
      envelopeLength += (piece.name as string).length + piece.text.length
      if (envelopeLength > MAX_ENTRY_LENGTH) throw envelopeTooLarge()
      if (members.length === LIMITS.entryValues) throw tooManyMembers()
      members.push([piece.name as string, parsePiece(piece, [piece.name as string])])
      envelope = undefined
    }
  }
  scanner.end()
  const around = Object.fromEntries(members)
  if (scanner.sawList) return { single: false, envelope: around }
  yield { path: [], json: around, envelope: {}, length: envelopeLength }
  return { single: true, envelope: {} }
}

/** Writes a document piece by piece. */
export class DocumentWriter {
  readonly #lists: Envelope
  readonly #shape: string
  readonly #single: boolean
  #count = 0

  /** `single`: one object without a list around it. */
  constructor(lists: Envelope, shape: string, single: boolean) {
    this.#lists = lists
    this.#shape = shape
    this.#single = single
  }

  entry(json: JsonObject): string {
    this.#count += 1
    const text = formatJson(json)
    if (this.#single) return text
    return `${this.#count === 1 ? this.#head() : ',\n'}${text}`
  }

  end(): string {
    if (this.#single) return '\n'
    const head = this.#count === 0 ? this.#head() : '\n'
    if (this.#lists.listMember(this.#shape) === undefined) return `${head}]\n`
    const trailer = formatJson(this.#lists.trailer(this.#shape, this.#count)).slice(1, -1)
    return `${head}]${trailer === '' ? '' : `,${trailer}`}}\n`
  }

  #head(): string {
    const member = this.#lists.listMember(this.#shape)
    return member === undefined ? '[\n' : `{${JSON.stringify(member)}:[\n`
  }
}

/** The members around a list are held in memory all at once, as an entry is; so are those of a single object. */
function envelopeTooLarge(): DecodeError {
  const limit = MAX_ENTRY_LENGTH / 1024 / 1024
  return new DecodeError([], `the members of the object at the top are together larger than ${limit} MiB`)
}

function tooManyMembers(): DecodeError {
  return new DecodeError([], `the object at the top has more than ${LIMITS.entryValues} members`)
}

function parsePiece(piece: Piece, path: Path): JsonValue {
  try {
    return parseJson(piece.text, LIMITS.entryValues)
  } catch (error) {
    if (error instanceof DecodeError) throw error.under(path)
    if (!(error instanceof JsonSyntaxError)) throw error
    const column = error.line === 1 ? piece.column + error.column - 1 : error.column
    throw new JsonSyntaxError(error.problem, piece.line + error.line - 1, column)
  }
}

function readEntry(piece: Piece, path: Path, envelope: JsonObject): DocumentEntry {
  try {
    const json = parsePiece(piece, path)
    if (isJsonObject(json)) return { path, json, envelope, length: piece.text.length }
    return { path, error: new DecodeError(path, `expected an object, but found ${describe(json)}`) }
  } catch (error) {
    if (error instanceof DecodeError) return { path, error }
    throw error
  }
}

async function* textOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined })
    } catch {
      throw new DecodeError([], 'the document is not UTF-8 text')
    }
  }
  let text = ''
  for await (const chunk of content) {
    text += decode(chunk)
    if (text.length < PUSH_LENGTH) continue
    yield text
    text = ''
  }
  yield text + decode()
}
