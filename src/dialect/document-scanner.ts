import { DecodeError } from './decode-error.ts'
import { JsonSyntaxError, MAX_DEPTH, parseJson, STANDS_TWICE } from './json-text.ts'

/** The largest value inside a document that is held in memory at once, in UTF-16 units. */
export const MAX_ENTRY_LENGTH = 4 * 1024 * 1024

/** A piece of a document: an entry of its list, or a member of the object around it. Its text is not parsed yet. */
export interface Piece {
  readonly kind: 'entry' | 'member'
  /** The list that the entry is of, or the member's name; undefined for entries of an array at the top. */
  readonly name: string | undefined
  readonly text: string
  /** Where the text begins, from 1. */
  readonly line: number
  readonly column: number
}

type Expectation =
  | 'document'
  | 'first value'
  | 'value'
  | 'next value'
  | 'first name'
  | 'name'
  | 'colon'
  | 'member'
  | 'next name'
  | 'end'

interface OpenValue {
  start: number
  readonly line: number
  readonly column: number
  depth: number
}

/**
 * Splits a JSON document into entries while it arrives, so that a document of any size needs the memory of one entry. Parses only the
 * structure between the entries. Accepts a trailing comma.
 */
export class DocumentScanner {
  readonly #lists: ReadonlySet<string>
  #buffer = ''
  #position = 0
  #line = 1
  #lineStart = 0
  #expected: Expectation = 'document'
  #inObject = false
  #list: string | undefined
  #memberName = ''
  readonly #names = new Set<string>()
  /** The value that is being read: where it began, and how deep inside it we are. */
  #value: OpenValue | undefined
  #inString = false
  #escaped = false

  constructor(lists: readonly string[]) {
    this.#lists = new Set(lists)
  }

  /** Whether the document is or holds a list of entries, as far as it was read. */
  get sawList(): boolean {
    return !this.#inObject || this.#list !== undefined
  }

  /** @throws JsonSyntaxError, or DecodeError for a value that is too large or too deep, and for a name that is there twice. */
  *push(text: string): Generator<Piece> {
    this.#dropConsumed()
    this.#buffer += text
    while (this.#position < this.#buffer.length) {
      const piece = this.#value === undefined ? this.#between() : this.#inside()
      if (piece !== undefined) yield piece
    }
    this.#checkLength()
  }

  /** @throws JsonSyntaxError for a document that is cut short. */
  end(): void {
    if (this.#expected === 'end') return
    throw this.#error(this.#expected === 'document' ? 'the document is empty' : 'the document is cut short')
  }

  #dropConsumed(): void {
    const start = this.#value?.start ?? this.#position
    this.#buffer = this.#buffer.slice(start)
    this.#position -= start
    this.#lineStart -= start
    if (this.#value !== undefined) this.#value.start = 0
  }

  /** One character between values. */
  #between(): Piece | undefined {
    const character = this.#buffer[this.#position] as string
    if (character === '\n') this.#newLine()
    if (' \t\r\n'.includes(character)) {
      this.#position += 1
      return undefined
    }
    switch (this.#expected) {
      case 'document':
        return this.#open(character)
      case 'next value':
        if (character === ',') return this.#step('value')
        if (character === ']') return this.#closeList()
        throw this.#error('expected a comma or a closing ]')
      case 'next name':
        if (character === ',') return this.#step('name')
        if (character === '}') return this.#step('end')
        throw this.#error('expected a comma or a closing }')
      case 'colon':
        if (character === ':') return this.#step('member')
        throw this.#error('expected a colon after the member name')
      case 'first name':
      case 'name':
        if (character === '}') return this.#step('end')
        if (character !== '"') throw this.#error('expected a member name in double quotes')
        return this.#begin(character)
      case 'first value':
      case 'value':
        if (character === ']') return this.#closeList()
        return this.#begin(character)
      case 'member':
        if (character === '[' && this.#lists.has(this.#memberName)) {
          this.#list = this.#memberName
          return this.#step('first value')
        }
        return this.#begin(character)
      case 'end':
        throw this.#error('unexpected text after the end of the document')
    }
  }

  #open(character: string): undefined {
    if (character === '[') return this.#step('first value')
    if (character !== '{') throw this.#error('a document is an array or an object')
    this.#inObject = true
    return this.#step('first name')
  }

  #closeList(): undefined {
    return this.#step(this.#inObject ? 'next name' : 'end')
  }

  #step(expected: Expectation): undefined {
    this.#expected = expected
    this.#position += 1
  }

  #begin(character: string): undefined {
    if (',:]}'.includes(character)) throw this.#error('expected a value')
    const column = this.#position - this.#lineStart + 1
    this.#value = { start: this.#position, line: this.#line, column, depth: 0 }
    this.#inString = false
  }

  /** Reads on inside a value, to its end or the end of the buffer. */
  #inside(): Piece | undefined {
    const value = this.#value as OpenValue
    const buffer = this.#buffer
    for (; this.#position < buffer.length; this.#position += 1) {
      const code = buffer.charCodeAt(this.#position)
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (code === BACKSLASH) this.#escaped = true
        else if (code === QUOTE) {
          this.#inString = false
          if (value.depth === 0) return this.#finish(this.#position + 1)
        } else if (code === NEWLINE) this.#newLine()
        continue
      }
      if (code === QUOTE) this.#inString = true
      else if (code === NEWLINE) {
        if (value.depth === 0) return this.#finish(this.#position)
        this.#newLine()
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        value.depth += 1
        if (value.depth > MAX_DEPTH) throw new DecodeError([], `nested deeper than ${MAX_DEPTH} levels`)
      } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
        if (value.depth === 0) return this.#finish(this.#position)
        value.depth -= 1
        if (value.depth === 0) return this.#finish(this.#position + 1)
      } else if (value.depth === 0 && (code === COMMA || code === COLON || code <= SPACE)) {
        return this.#finish(this.#position)
      }
    }
    return undefined
  }

  #finish(end: number): Piece | undefined {
    const { start, line, column } = this.#value as OpenValue
    const text = this.#buffer.slice(start, end)
    this.#position = end
    this.#value = undefined
    if (this.#expected === 'first name' || this.#expected === 'name') {
      this.#memberName = String(parseJson(text))
      if (this.#names.has(this.#memberName)) throw new DecodeError([this.#memberName], STANDS_TWICE)
      this.#names.add(this.#memberName)
      this.#expected = 'colon'
      return undefined
    }
    if (this.#expected === 'member') {
      this.#expected = 'next name'
      return { kind: 'member', name: this.#memberName, text, line, column }
    }
    this.#expected = 'next value'
    return { kind: 'entry', name: this.#list, text, line, column }
  }

  #newLine(): void {
    this.#line += 1
    this.#lineStart = this.#position + 1
  }

  #checkLength(): void {
    if (this.#value === undefined || this.#buffer.length - this.#value.start <= MAX_ENTRY_LENGTH) return
    const limit = MAX_ENTRY_LENGTH / 1024 / 1024
    throw new DecodeError([], `the value that begins in line ${this.#value.line} is larger than ${limit} MiB`)
  }

  #error(problem: string): JsonSyntaxError {
    return new JsonSyntaxError(problem, this.#line, this.#position - this.#lineStart + 1)
  }
}

const [QUOTE, BACKSLASH, NEWLINE, SPACE, COMMA, COLON] = [34, 92, 10, 32, 44, 58] as const
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [123, 125, 91, 93] as const
