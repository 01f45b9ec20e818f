import type { AuditEntryJson } from '../../../clients/typescript/gen/laurel/v1/audit_pb.js'

const COLUMNS = [
  'auditEntryId',
  'time',
  'actor',
  'operation',
  'resourceType',
  'titleId',
  'resourceId',
  'playerId',
  'requestId',
  'reason',
  'before',
  'after',
] as const satisfies readonly (keyof AuditEntryJson)[]

export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`

/** Returns an entry as a line of CSV (RFC 4180), its records as JSON. */
export function csvOf(entry: AuditEntryJson): string {
  const cells = COLUMNS.map((column) => {
    const value = entry[column] ?? ''
    return cellOf(typeof value === 'string' ? value : JSON.stringify(value))
  })
  return `${cells.join(',')}\r\n`
}

/**
 * A spreadsheet would run a text that begins like a formula: an apostrophe makes it a text. In some languages of the reader a spreadsheet
 * divides the line at semicolons or tabs instead, so that a cell may begin in the middle of a text. Full-width signs begin a formula too.
 */
function cellOf(text: string): string {
  const safe = text.replace(/(^|[;|\t\r\n])(["' ]*)(?=[=+\-@＝＋－＠])/g, "$1$2'").replace(/^(?=[\t\r])/, "'")
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
