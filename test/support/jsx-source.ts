import { parseAst } from 'rolldown/parseAst'

interface Node {
  readonly type?: string
  readonly start: number
  readonly end: number
  readonly selfClosing?: boolean
}

/**
 * Returns a source whose tokens can be read: in a `.tsx` file, texts between elements become strings, and the slashes of elements are
 * blank, which would begin a regular expression.
 */
export function readableSource(file: string, source: string): string {
  if (!file.endsWith('.tsx')) return source
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = []
  visit(parseAst(source, { lang: 'tsx' }), ({ type, start, end, selfClosing }) => {
    if (type === 'JSXText') edits.push({ start, end, text: JSON.stringify(source.slice(start, end)) })
    const slash = /^JSXClosing/.test(type ?? '') ? start + 1 : selfClosing === true ? end - 2 : undefined
    if (slash !== undefined) edits.push({ start: slash, end: slash + 1, text: ' ' })
  })
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((text, edit) => text.slice(0, edit.start) + edit.text + text.slice(edit.end), source)
}

function visit(value: unknown, each: (node: Node) => void): void {
  if (typeof value !== 'object' || value === null) return
  if ('type' in value) each(value as Node)
  for (const child of Object.values(value)) visit(child, each)
}
