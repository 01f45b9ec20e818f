import { RECORD_KINDS, RECORDS_FORMAT, RECORDS_VERSION } from '../../src/model/record-line.ts'

/** Returns the text of an export with the given lines between its first and its last one. */
export function exportOf(lines: readonly { readonly kind: string }[], id = crypto.randomUUID()): string {
  const first = { kind: 'export', format: RECORDS_FORMAT, version: RECORDS_VERSION, id }
  const counts = Object.fromEntries(
    RECORD_KINDS.map((kind) => [kind, lines.filter((line) => line.kind === kind).length]),
  )
  return [first, ...lines, { kind: 'end', counts }].map((line) => `${JSON.stringify(line)}\n`).join('')
}
