/** One `import`, `export … from` or `import()` of a source file. */
export interface SourceImport {
  /** Undefined for an import() with a computed specifier. */
  readonly specifier: string | undefined
  /** True if the import is erased at run time. */
  readonly typeOnly: boolean
}

export interface Token {
  readonly kind: 'word' | 'string' | 'sign'
  readonly text: string
}

/** Returns the imports of a source file. TypeScript 7 has no compiler API for JavaScript, so this reads tokens itself. */
export function importsOf(source: string): SourceImport[] {
  const tokens = tokensOf(source)
  const imports: SourceImport[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'word' || tokens[index - 1]?.text === '.') continue
    const found = token.text === 'import' ? importAt(tokens, index + 1) : exportAt(tokens, index)
    if (found !== undefined) imports.push(found)
  }
  return imports
}

function importAt(tokens: readonly Token[], start: number): SourceImport | undefined {
  const first = tokens[start]
  if (first?.kind === 'string') return { specifier: first.text, typeOnly: false }
  if (first?.text === '(') {
    const [argument, after] = [tokens[start + 1], tokens[start + 2]]
    const literal = argument?.kind === 'string' && (after?.text === ')' || after?.text === ',')
    return { specifier: literal ? argument.text : undefined, typeOnly: false }
  }
  return first?.kind === 'word' || first?.text === '{' || first?.text === '*'
    ? clauseAt(tokens, start)
    : undefined
}

function exportAt(tokens: readonly Token[], index: number): SourceImport | undefined {
  const next = tokens[index + 1]?.text === 'type' ? tokens[index + 2] : tokens[index + 1]
  if (tokens[index]?.text !== 'export' || (next?.text !== '{' && next?.text !== '*')) return undefined
  return clauseAt(tokens, index + 1)
}

/** From the first token of a clause to its `from`; a list in braces that nothing follows is a plain export. */
function clauseAt(tokens: readonly Token[], start: number): SourceImport | undefined {
  const brace = tokens.findIndex((token, index) => index >= start && token.text === '}')
  const end = tokens.findIndex((token, index) => {
    return index >= start && token.text === 'from' && tokens[index + 1]?.kind === 'string'
  })
  if (end === -1 || (tokens[start]?.text === '{' && end !== brace + 1)) return undefined
  const clause = tokens.slice(start, end).map(({ text }) => text)
  return { specifier: tokens[end + 1]?.text, typeOnly: isTypeOnly(clause) }
}

function isTypeOnly(clause: readonly string[]): boolean {
  if (clause[0] === 'type' && clause[1] !== undefined && clause[1] !== ',') return true
  if (clause[0] !== '{') return false
  const names = clause.slice(1, -1).join(' ').split(',')
  return names.filter((name) => name.trim() !== '').every((name) => /^\s*type\s+\S/.test(name))
}

const TOKEN =
  /(?<space>\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:\\[\s\S]|[^'\\])*'|"(?:\\[\s\S]|[^"\\])*")|(?<word>[\p{ID_Continue}$#]+)|(?<sign>[\s\S])/uy
const REGEXP = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/uy
const BEFORE_REGEXP = new Set([
  'return',
  'typeof',
  'case',
  'in',
  'of',
  'await',
  'yield',
  'throw',
  'else',
  'do',
])

/** The tokens of a source file, without its comments and regular expressions. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  // For each template that is open: how many braces are open inside its current `${`.
  const templates: number[] = []
  let at = 0
  while (at < source.length) {
    if (source[at] === '`' || (source[at] === '}' && templates.at(-1) === 0)) {
      if (source[at] === '}') templates.pop()
      at = endOfText(source, at + 1)
      if (source[at - 1] === '{') templates.push(0)
      tokens.push({ kind: 'sign', text: '`' })
      continue
    }
    const pattern =
      source[at] === '/' && !/[/*]/.test(source[at + 1] ?? '') && canBeRegexp(tokens.at(-1)) ? REGEXP : TOKEN
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match === null)
      throw new Error(`cannot read the source at ${JSON.stringify(source.slice(at, at + 40))}`)
    at = pattern.lastIndex
    const { string, word, sign } = match.groups ?? {}
    if (string !== undefined) tokens.push({ kind: 'string', text: string.slice(1, -1) })
    if (word !== undefined) tokens.push({ kind: 'word', text: word })
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
    const depth = templates.at(-1)
    if (depth !== undefined && sign === '{') templates.splice(-1, 1, depth + 1)
    if (depth !== undefined && sign === '}') templates.splice(-1, 1, depth - 1)
  }
  return tokens
}

/** The place after a template's text: behind its closing backtick, or behind the `${` of an expression. */
function endOfText(source: string, start: number): number {
  for (let at = start; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1
    else if (source[at] === '`') return at + 1
    else if (source.startsWith('${', at)) return at + 2
  }
  throw new Error('the source ends inside a template')
}

function canBeRegexp(before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'word') return BEFORE_REGEXP.has(before.text)
  return before.kind === 'sign' && !')]}`'.includes(before.text)
}
