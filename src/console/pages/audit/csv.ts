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

/** A spreadsheet would run a text that begins like a formula: an apostrophe makes it a text. */
function cellOf(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
