import { hash } from 'node:crypto'

const names = new Map<string, string>()

/**
 * Returns the name of a prepared statement: a digest of its text and of nothing else, so that servers that share backends
 * behind a pooler never give one name to different statements.
 */
export function statementName(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  // 50 characters: Postgres truncates names to 63.
  const name = `laurel-${hash('sha256', text, 'base64url')}`
  names.set(text, name)
  return name
}
