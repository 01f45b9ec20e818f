/** Finds the end of a record in bytes that arrive in chunks. */
export interface RecordBoundaries {
  /**
   * Returns the end of the record that begins at `start`; undefined if more bytes are needed. It continues where the last call for this
   * record ended.
   * @param isLast whether no more bytes come
   */
  find(bytes: Buffer, start: number, isLast: boolean): RecordEnd | undefined
  /** Begins with another record, although the end of the last one was not found. */
  reset(): void
}

export interface RecordEnd {
  /** The index of the next record. */
  readonly next: number
  /** Why the record cannot be read; undefined if it can. */
  readonly problem: string | undefined
}

/** Each line is a record. */
export class LineBoundaries implements RecordBoundaries {
  /** Bytes of the record that have no line break. */
  #scanned = 0

  find(bytes: Buffer, start: number, isLast: boolean): RecordEnd | undefined {
    const found = bytes.indexOf(LF, start + this.#scanned)
    this.#scanned = found === -1 ? bytes.length - start : 0
    if (found !== -1) return { next: found + 1, problem: undefined }
    if (!isLast || start === bytes.length) return undefined
    this.#scanned = 0
    return { next: bytes.length, problem: undefined }
  }

  reset(): void {
    this.#scanned = 0
  }
}

type Phase = 'field start' | 'unquoted' | 'quoted' | 'quote closed' | 'line end' | 'malformed'

/**
 * The rows of RFC 4180: a line break in quotes is part of its row. A row whose quotes are malformed is its first line alone, so that one
 * stray quote does not take the rows after it.
 */
export class RowBoundaries implements RecordBoundaries {
  readonly #delimiter: number
  readonly #maxBytes: number
  #bytes: Buffer | undefined
  /** The index of the first quote at or after a record's start; the length of the bytes if there is none. */
  #nextQuote = 0
  #scanned = 0
  #phase: Phase = 'field start'
  #problem: string | undefined
  /** The length of the first line with its break; 0 before its break was found. */
  #firstLine = 0

  /** @param delimiter the byte between fields */
  constructor(delimiter: number, maxBytes: number) {
    this.#delimiter = delimiter
    this.#maxBytes = maxBytes
  }

  find(bytes: Buffer, start: number, isLast: boolean): RecordEnd | undefined {
    if (this.#scanned === 0) {
      const plain = this.#findUnquoted(bytes, start)
      if (plain !== undefined) return { next: plain, problem: undefined }
    }
    // Beyond the limit the rest of the line is skipped without looking at it.
    const stop = Math.min(bytes.length, start + this.#maxBytes + 1)
    let index = start + this.#scanned
    for (; index < stop; index += 1) {
      const code = bytes[index] as number
      if (this.#phase === 'malformed') {
        if (this.#firstLine > 0) return this.#end(start + this.#firstLine)
        if (code === LF) return this.#end(index + 1)
      } else if (this.#step(code)) return this.#end(index + 1)
      else if (code === LF && this.#firstLine === 0) this.#firstLine = index + 1 - start
    }
    this.#scanned = index - start
    return this.#endOfBytes(bytes, start, isLast)
  }

  #endOfBytes(bytes: Buffer, start: number, isLast: boolean): RecordEnd | undefined {
    const isTooLong = this.#scanned > this.#maxBytes
    const isAtEnd = isLast && this.#scanned > 0 && start + this.#scanned === bytes.length
    if (!isTooLong && !isAtEnd) return undefined
    const isOpen = this.#phase === 'quoted' || this.#phase === 'malformed'
    if (isOpen && this.#firstLine > 0) {
      this.#problem ??= UNCLOSED
      return this.#end(start + this.#firstLine)
    }
    if (!isAtEnd) return undefined
    if (this.#phase === 'quoted') this.#problem = UNCLOSED
    return this.#end(bytes.length)
  }

  /** Returns the index after a line without quotes; undefined if the line has one or does not end. */
  #findUnquoted(bytes: Buffer, start: number): number | undefined {
    if (this.#bytes !== bytes || this.#nextQuote < start) {
      this.#bytes = bytes
      const found = bytes.indexOf(QUOTE, start)
      this.#nextQuote = found === -1 ? bytes.length : found
    }
    const lineBreak = bytes.indexOf(LF, start)
    return lineBreak !== -1 && lineBreak < this.#nextQuote ? lineBreak + 1 : undefined
  }

  /** Takes one byte. Returns whether it ends the record. */
  #step(code: number): boolean {
    switch (this.#phase) {
      case 'field start':
      case 'unquoted':
        if (code === LF) return true
        if (code === this.#delimiter) this.#phase = 'field start'
        else if (code !== QUOTE) this.#phase = 'unquoted'
        else if (this.#phase === 'field start') this.#phase = 'quoted'
        else this.#malformed('a quote inside a field that does not begin with one')
        return false
      case 'quoted':
        if (code === QUOTE) this.#phase = 'quote closed'
        return false
      case 'quote closed':
        if (code === LF) return true
        if (code === this.#delimiter) this.#phase = 'field start'
        else if (code === QUOTE) this.#phase = 'quoted'
        else if (code === CR) this.#phase = 'line end'
        else this.#malformed('text after a closing quote')
        return false
      default:
        if (code === LF) return true
        this.#malformed('text after a closing quote')
        return false
    }
  }

  #malformed(problem: string): void {
    this.#phase = 'malformed'
    this.#problem = `${problem}: write a quote in a field twice, and the field in quotes`
  }

  #end(next: number): RecordEnd {
    const problem = this.#problem
    this.reset()
    return { next, problem }
  }

  reset(): void {
    this.#scanned = 0
    this.#phase = 'field start'
    this.#problem = undefined
    this.#firstLine = 0
  }
}

const UNCLOSED = 'a quote that is not closed: close it, or write it twice in a field in quotes'
const [QUOTE, LF, CR] = [34, 10, 13] as const
