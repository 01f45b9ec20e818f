import { isJsonObject, type JsonValue } from '../../../../model/json.ts'
import type { DialectId } from '../../../../model/title.ts'
import { ACHIEVEMENT_LIST_NAMES, ACHIEVEMENT_NAMES, LIST_NAMES, nameRank, normalName } from './field-names.ts'
import { FieldCollector, fieldsNamed, type Sample, type SampleField } from './sample.ts'

/** A player's document. */
export interface NamedDocument {
  readonly file: string
  readonly document: JsonValue
}

const MAX_DEPTH = 4

/** Returns the records of players' documents: of the list that is named after achievements. Undefined if there is none. */
export function sampleDocuments(
  documents: readonly NamedDocument[],
  dialect: DialectId | undefined,
): Pick<Sample, 'records' | 'fields' | 'dialect'> | undefined {
  const paths = new Set(documents.flatMap(({ document }) => listsIn(document).map(({ path }) => path)))
  const ranked = [...paths]
    .map((path) => ({ path, fields: fieldsAt(documents, path) }))
    .filter(({ path, fields }) => isListOfProgress(path, fields))
    .sort((left, right) => rankOf(left.path) - rankOf(right.path))
  const [best] = ranked
  return best && { records: best.path, fields: best.fields, dialect }
}

function rankOf(path: string): number {
  return nameRank(path, LIST_NAMES) ?? LIST_NAMES.length
}

function isListOfProgress(path: string, fields: readonly SampleField[]): boolean {
  const own = fields.filter(({ path: field }) => !field.startsWith('$.') && field !== '$file')
  if (own.length === 0) return false
  if (ACHIEVEMENT_LIST_NAMES.has(normalName(path.split('.').at(-1) ?? ''))) return true
  return fieldsNamed(own, ACHIEVEMENT_NAMES).length > 0
}

/** Returns the lists of a document, and its objects that are named after achievements, whose members are records. */
export function listsIn(
  value: JsonValue,
  path = '',
  depth = MAX_DEPTH,
): readonly { readonly path: string; readonly list: JsonValue }[] {
  if (Array.isArray(value)) return value.length > 0 ? [{ path, list: value }] : []
  if (!isJsonObject(value) || depth === 0) return []
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : listsIn(member, path === '' ? name : `${path}.${name}`, depth - 1),
  )
  const isNamed = ACHIEVEMENT_LIST_NAMES.has(normalName(path.split('.').at(-1) ?? ''))
  return isNamed && members.length === 0 && Object.keys(value).length > 0 ? [{ path, list: value }] : members
}

function fieldsAt(documents: readonly NamedDocument[], path: string): readonly SampleField[] {
  const collector = new FieldCollector()
  for (const { file, document } of documents) {
    const found = listsIn(document).find((each) => each.path === path)
    if (found === undefined) continue
    const { list } = found
    const entries: readonly (readonly [string | undefined, JsonValue])[] = Array.isArray(list)
      ? list.map((record) => [undefined, record] as const)
      : Object.entries(list as Readonly<Record<string, JsonValue>>)
    for (const [key, record] of entries) {
      if (collector.isFull) break
      collector.next()
      collector.add('$file', file)
      if (key !== undefined) collector.add('$key', key)
      if (isJsonObject(record)) collector.addMembers(record)
      else if (!Array.isArray(record)) collector.add('$value', record)
      if (path !== '') collector.addMembers(document, '$.', list)
    }
  }
  return collector.fields
}
