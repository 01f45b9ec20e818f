import { type RawBuilder, type SqlBool, sql } from 'kysely'

/** Returns the condition that one of the texts contains another one, ignoring case. No character of the text is a wildcard. */
export function containsText(texts: readonly RawBuilder<unknown>[], text: string): RawBuilder<SqlBool> {
  const contains = texts.map((each) => sql`strpos(lower(${each}), lower(${text})) > 0`)
  return sql`(${sql.join(contains, sql` or `)})`
}

/** Returns the pattern of `like` for texts that begin with a prefix. */
export function prefixPattern(prefix: string): string {
  return `${prefix.replace(/[\\%_]/g, '\\$&')}%`
}
