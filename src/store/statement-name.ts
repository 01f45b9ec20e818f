import { hash } from 'node:crypto'

const names = new Map<string, string>()

/**
 * Returns the name that a statement is prepared under: a digest of its text and of nothing else. Servers that share
 * backends behind a pooler then mean the same statement by the same name, whatever each of them ran before.
 */
export function statementName(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  // 50 characters: Postgres tells names apart by their first 63.
  const name = `laurel-${hash('sha256', text, 'base64url')}`
  names.set(text, name)
  return name
}
