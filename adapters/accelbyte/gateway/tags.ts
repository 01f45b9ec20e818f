import { DecodeError, describe } from '../../../src/dialect/decode-error.ts'

/** Whether an achievement with these tags is wanted. */
export type TagFilter = (tags: readonly string[]) => boolean

const DEEPEST = 32
const SIGNS = /([&|,()])/
/** Each of them is compared with the tags of each achievement. */
const MAX_TAGS = 64

/**
 * The filter of `tags`, in each form that clients send: comma-separated, repeated, or an expression `a&b|(c&d)`. A
 * comma and a repetition mean or, as `|` does; `&` binds closer. Without any tag everything is wanted.
 */
export function readTagFilter(query: URLSearchParams): TagFilter {
  let count = 0
  const filters = query.getAll('tags').flatMap((text) => {
    const tokens = text
      .split(SIGNS)
      .map((token) => token.trim())
      .filter((token) => token !== '')
    count += tokens.filter((token) => !SIGNS.test(token)).length
    if (count > MAX_TAGS) throw new DecodeError(['tags'], `expected at most ${MAX_TAGS} tags`)
    return tokens.every((token) => token === ',') ? [] : [new Expression(text, tokens).read()]
  })
  return filters.length === 0 ? () => true : (tags) => filters.some((filter) => filter(tags))
}

class Expression {
  readonly #text: string
  readonly #tokens: readonly string[]
  #position = 0
  #depth = 0

  constructor(text: string, tokens: readonly string[]) {
    this.#text = text
    this.#tokens = tokens
  }

  read(): TagFilter {
    const filter = this.#alternatives()
    if (this.#position < this.#tokens.length) throw this.#error()
    return filter
  }

  /** Lists in which a comma stands first, last or twice are written by clients that join without looking. */
  #alternatives(): TagFilter {
    const filters: TagFilter[] = []
    this.#skipCommas()
    do {
      filters.push(this.#conjunction())
    } while (this.#skipCommas() ? !this.#atEnd() : this.#take('|'))
    return (tags) => filters.some((filter) => filter(tags))
  }

  #conjunction(): TagFilter {
    const filters = [this.#factor()]
    while (this.#take('&')) filters.push(this.#factor())
    return (tags) => filters.every((filter) => filter(tags))
  }

  #factor(): TagFilter {
    if (this.#take('(')) {
      this.#depth += 1
      if (this.#depth > DEEPEST) throw this.#error()
      const filter = this.#alternatives()
      if (!this.#take(')')) throw this.#error()
      this.#depth -= 1
      return filter
    }
    const tag = this.#tokens[this.#position]
    if (tag === undefined || SIGNS.test(tag)) throw this.#error()
    this.#position += 1
    return (tags) => tags.includes(tag)
  }

  #take(sign: string): boolean {
    const found = this.#tokens[this.#position] === sign
    if (found) this.#position += 1
    return found
  }

  #skipCommas(): boolean {
    const from = this.#position
    while (this.#take(',')) {}
    return this.#position > from
  }

  #atEnd(): boolean {
    const token = this.#tokens[this.#position]
    return token === undefined || token === ')'
  }

  #error(): DecodeError {
    const found = this.#tokens[this.#position]
    const where = found === undefined ? 'it ends too early' : `${describe(found)} cannot stand there`
    return new DecodeError(
      ['tags'],
      `expected tags, or an expression such as a&b|(c&d), but in ${describe(this.#text)} ${where}`,
    )
  }
}
