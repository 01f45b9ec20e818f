import type { JsonValue } from '../../../model/json.ts'

/** Returns the value of a field in a record; undefined if the record has no such member. */
export type FieldReader<Raw> = (record: Raw) => JsonValue | undefined

/** A record of a player's document. */
export interface DocumentRecord {
  /** The name of the document's file, without folders and `.json`. */
  readonly file: string
  readonly document: JsonValue
  /** The name of the member that the record is; undefined in a list. */
  readonly key: string | undefined
  readonly record: JsonValue
}

/** Returns a reader of a path of members separated by dots. A member whose name is the whole path comes first. */
export function pathReader(path: string): FieldReader<JsonValue> {
  const names = path.split('.')
  if (names.length === 1) return (record) => memberOf(record, path)
  return (record) => {
    const whole = memberOf(record, path)
    if (whole !== undefined) return whole
    let value: JsonValue | undefined = record
    for (const name of names) value = value === undefined ? undefined : memberOf(value, name)
    return value
  }
}

/** Returns an own member, or an element of a list by its index. */
function memberOf(value: JsonValue, name: string): JsonValue | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  if (Array.isArray(value)) return /^\d+$/.test(name) ? value[Number(name)] : undefined
  return (value as Readonly<Record<string, JsonValue>>)[name]
}

/** Returns a reader of a field of a player's document. */
export function documentFieldReader(field: string): FieldReader<DocumentRecord> {
  switch (field) {
    case '$file':
      return ({ file }) => file
    case '$key':
      return ({ key }) => key
    case '$value':
      return ({ record }) => record
  }
  if (field.startsWith('$.')) {
    const read = pathReader(field.slice(2))
    return ({ document }) => read(document)
  }
  const read = pathReader(field)
  return ({ record }) => read(record)
}
