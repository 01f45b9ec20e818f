import {
  createScanner,
  type Node,
  type ParseError,
  parse as parseTolerant,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import { parseExactJson } from '../model/exact-json.ts'
import type { JsonValue } from '../model/json.ts'
import { DecodeError } from './decode-error.ts'
import type { Path } from './losses.ts'

/** How deep arrays and objects may nest. */
export const MAX_DEPTH = 64

/** A text is not JSON; `line` and `column` count from 1. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  readonly problem: string
  readonly line: number
  readonly column: number

  constructor(problem: string, line: number, column: number) {
    super(`line ${line}, column ${column}: ${problem}`)
    this.problem = problem
    this.line = line
    this.column = column
  }
}

/**
 * Reads JSON exactly. Integers beyond 2^53 become bigints; a trailing comma is forgiven, because documentation
 * that people copy from has it.
 * @throws JsonSyntaxError for a text that is not JSON.
 * @throws DecodeError for a value that no record can hold: a number out of range (of a double, an integer too), U+0000 or half of a surrogate pair in
 *   a string, nesting deeper than `maxDepth`, more than `maxValues` values; for an object with a member twice, because either could
 *   be meant.
 */
export function parseJson(
  text: string,
  maxValues = Number.POSITIVE_INFINITY,
  maxDepth = MAX_DEPTH,
): JsonValue {
  // Before anything is parsed: each value and its separator are at least two characters.
  if (text.length > 2 * maxValues && countValues(text) > maxValues)
    throw new DecodeError([], `holds more than ${maxValues} values`)
  const value = parseStrict(text) ?? parseStrict(withoutTrailingCommas(text))
  if (value === undefined) throw syntaxError(text)
  const memberCount = check(value.json, [], maxDepth)
  if (memberCount !== countColons(text)) throw duplicateError(text)
  return value.json
}

/** Returns the number of members that the text of a JSON value has, duplicates included. */
function countColons(text: string): number {
  let count = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === COLON) count += 1
    else if (code === QUOTE) at = stringEnd(text, at)
  }
  return count
}

/** Returns the number of values in a JSON text, nested ones included: each follows a bracket, a brace or a comma, or is the whole text. */
export function countValues(text: string): number {
  let count = 1
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === COMMA || code === OPEN_BRACKET || code === OPEN_BRACE) count += 1
    else if (code === QUOTE) at = stringEnd(text, at)
  }
  return count
}

/** Returns the index of the quote that closes a string; the text's length if none does. */
function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) return text.length
    let backslashes = 0
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1
    if (backslashes % 2 === 0) return end
  }
}

const [QUOTE, BACKSLASH, COLON, COMMA] = [34, 92, 58, 44] as const
const [OPEN_BRACKET, OPEN_BRACE] = [91, 123] as const

/** Both values could be meant, so neither is taken. */
export const STANDS_TWICE = 'the member stands twice in its object: keep one of them'

/** Returns the path of a member that stands twice in its object; undefined if none does. `json` is the parsed text. */
export function repeatedMember(text: string, json: JsonValue): Path | undefined {
  if (countMembers(json) === countColons(text)) return undefined
  try {
    return duplicateIn(parseTree(text), [])
  } catch (error) {
    // Nested too deep for the parser.
    if (error instanceof RangeError) return []
    throw error
  }
}

/** Returns the number of members of all objects in the value, however deep it is. */
function countMembers(json: JsonValue): number {
  let count = 0
  const open = [json]
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue
    const values = Object.values(value)
    if (!Array.isArray(value)) count += values.length
    for (const inner of values) open.push(inner)
  }
  return count
}

function duplicateError(text: string): DecodeError {
  const path = duplicateIn(parseTree(withoutTrailingCommas(text)), []) ?? []
  return new DecodeError(path, STANDS_TWICE)
}

function duplicateIn(node: Node | undefined, path: Path): Path | undefined {
  const names = new Set<string>()
  for (const [index, child] of (node?.children ?? []).entries()) {
    const [name, value = child] = child.type === 'property' ? (child.children ?? []) : []
    const inner = [...path, name === undefined ? index : String(name.value)]
    if (name !== undefined && names.has(name.value)) return inner
    names.add(name?.value)
    const found = duplicateIn(value, inner)
    if (found !== undefined) return found
  }
  return undefined
}

function parseStrict(text: string): { readonly json: JsonValue } | undefined {
  try {
    return { json: parseExactJson(text) }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The text with each comma before a closing bracket blanked out, so that places stay the same. */
function withoutTrailingCommas(text: string): string {
  const scanner = createScanner(text, true)
  const pieces: string[] = []
  let copied = 0
  let comma: number | undefined
  let afterValue = false
  for (let token = scanner.scan(); token !== TOKEN.EndOfFile; token = scanner.scan()) {
    const closes = token === TOKEN.CloseBrace || token === TOKEN.CloseBracket
    if (comma !== undefined && closes) {
      pieces.push(text.slice(copied, comma), ' ')
      copied = comma + 1
    }
    comma = token === TOKEN.Comma && afterValue ? scanner.getTokenOffset() : undefined
    afterValue = closes || token > TOKEN.Colon
  }
  return pieces.join('') + text.slice(copied)
}

/** The tokens of jsonc-parser's scanner; its own enum is ambient and vanishes at run time. */
const TOKEN = { CloseBrace: 2, CloseBracket: 4, Comma: 5, Colon: 6, EndOfFile: 17 } as const

function syntaxError(text: string): JsonSyntaxError {
  const [first] = errorsIn(text)
  const offset = first?.offset ?? text.length
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  const problem = first === undefined ? 'not JSON' : PROBLEMS[printParseErrorCode(first.error)]
  return new JsonSyntaxError(problem ?? 'not JSON', line, offset - before.lastIndexOf('\n'))
}

function errorsIn(text: string): readonly ParseError[] {
  const errors: ParseError[] = []
  try {
    parseTolerant(text, errors, { disallowComments: true, allowEmptyContent: false })
  } catch (error) {
    if (error instanceof RangeError) throw new DecodeError([], `nested deeper than ${MAX_DEPTH} levels`)
    throw error
  }
  return errors
}

const PROBLEMS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'an unknown word; strings need double quotes',
  InvalidNumberFormat: 'a malformed number',
  PropertyNameExpected: 'expected a member name in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected a colon after the member name',
  CommaExpected: 'expected a comma',
  CloseBraceExpected: 'expected a closing }',
  CloseBracketExpected: 'expected a closing ]',
  EndOfFileExpected: 'unexpected text after the end of the document',
  InvalidCommentToken: 'comments are not allowed',
  UnexpectedEndOfComment: 'comments are not allowed',
  UnexpectedEndOfString: 'a string without its closing quote',
  UnexpectedEndOfNumber: 'a malformed number',
  InvalidUnicode: 'a malformed \\u escape',
  InvalidEscapeCharacter: 'an unknown escape in a string',
  InvalidCharacter: 'a character that is not allowed here',
}

/**
 * Returns the number of members of all objects in the value. `path` is one growing and shrinking array: copying it at each step would
 * cost more than the checks.
 */
function check(value: JsonValue, path: (string | number)[], maxDepth: number): number {
  if (typeof value === 'string') checkText(value, path)
  if ((typeof value === 'number' || typeof value === 'bigint') && !Number.isFinite(Number(value))) {
    throw new DecodeError([...path], 'the number is out of range')
  }
  if (typeof value !== 'object' || value === null) return 0
  if (path.length >= maxDepth) throw new DecodeError([...path], `nested deeper than ${maxDepth} levels`)
  const isArray = Array.isArray(value)
  const members = Object.entries(value)
  let memberCount = isArray ? 0 : members.length
  for (const [name, member] of members) {
    if (!isArray) checkText(name, path)
    path.push(isArray ? Number(name) : name)
    memberCount += check(member, path, maxDepth)
    path.pop()
  }
  return memberCount
}

function checkText(text: string, path: Path): void {
  if (text.includes('\u0000')) throw new DecodeError([...path], 'text must not hold the character U+0000')
  if (!text.isWellFormed()) throw new DecodeError([...path], 'text holds half of a surrogate pair')
}
