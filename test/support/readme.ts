import { readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'

/** Expects the text between `<!-- name -->` and `<!-- /name -->` of a file; `UPDATE=1` writes it. */
export function expectWritten(file: URL, name: string, text: string): void {
  const between = new RegExp(String.raw`(?<=<!-- ${name} -->\n)[\s\S]*(?=<!-- /${name} -->)`)
  const before = readFileSync(file, 'utf8')
  expect(before).toMatch(between)
  const after = before.replace(between, () => `\n${text}\n\n`)
  if (process.env['UPDATE'] === '1' && after !== before) writeFileSync(file, after)
  else expect(before, 'run with UPDATE=1 to write it, and read the change').toBe(after)
}

/** Returns a table in Markdown, aligned as the formatter aligns it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  )
  const rule = widths.map((width) => '-'.repeat(width))
  const padded = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0))
  return [head, rule, ...rows].map((cells) => `| ${padded(cells).join(' | ')} |`).join('\n')
}
