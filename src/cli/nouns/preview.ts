import type { DescMessage } from '@bufbuild/protobuf'
import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { listing, table } from '../terminal.ts'
import { columnsOf } from './columns.ts'

/** The entries of a preview. */
const ENTRIES = ['definition', 'locked', 'unlocked', 'player']

/** Returns the losses of an achievement's entries in each dialect, and the findings by the rules of the platforms' stores. */
export function previewLines(type: DescMessage, previews: readonly JsonObject[]): readonly string[] {
  const losses = new Map<string, readonly string[]>()
  const findings: string[][] = []
  const overview: string[][] = []
  for (const preview of previews) {
    const dialect = String(preview['dialect'])
    const shown = ENTRIES.map((name) => entryOf(type, preview, name))
    overview.push([dialect, ...shown.map(({ text }) => text)])
    for (const [index, { rows }] of shown.entries()) {
      for (const [kind = '', path = '', detail = ''] of rows) {
        const key = JSON.stringify([dialect, kind, path, detail])
        const entries = [losses.get(key)?.[1], ENTRIES[index]].filter(Boolean).join(', ')
        losses.set(key, [dialect, entries, kind, path, detail])
      }
    }
    const { rows } = recordsAt(type, preview, 'findings')
    findings.push(...rows.map((row) => [dialect, ...row]))
  }
  return [
    ...table(['dialect', ...ENTRIES], overview),
    ...listing('losses:', ['dialect', 'entries', 'kind', 'path', 'detail'], [...losses.values()]),
    ...listing('findings:', ['dialect', 'severity', 'rule', 'path', 'requirement'], findings),
  ]
}

/** Returns an entry's shape and losses, or the error of an entry that the dialect cannot hold. */
function entryOf(type: DescMessage, preview: JsonObject, name: string) {
  const entry = preview[name]
  const entryType = type.fields.find((field) => field.name === name)?.message
  if (!isJsonObject(entry) || entryType === undefined) return { text: '', rows: [] }
  const { error } = entry
  if (isJsonObject(error)) return { text: `none: ${error['message']}`, rows: [] }
  const { rows } = recordsAt(entryType, entry, 'losses')
  const shape = entry['shape'] === undefined || entry['shape'] === '' ? 'entry' : String(entry['shape'])
  return { text: shape, rows }
}

function recordsAt(type: DescMessage, record: JsonObject, name: string) {
  const field = type.fields.find((field) => field.name === name)
  const value = field && record[field.jsonName]
  if (field?.message === undefined || !Array.isArray(value)) return { rows: [] }
  return columnsOf(field.message, value.filter(isJsonObject))
}
