import { isJsonObject, type JsonObject } from '../../model/json.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Extensions } from '../../model/title.ts'
import { countValues, formatJson, parseJson } from '../../service/json.ts'
import { readId } from './scalars.ts'
import type { Violations } from './violations.ts'

/** Reads a list. Items beyond the limit add a violation and are not read, unless all are kept. */
export function readList<Item, Result>(
  items: readonly Item[],
  limit: number,
  field: string,
  violations: Violations,
  read: (item: Item, field: string, violations: Violations) => Result,
): readonly Result[] {
  if (items.length > limit) violations.add(field, `must be at most ${limit}, not ${items.length}`)
  const included = violations.keepsAll ? items : items.slice(0, limit)
  return included.map((item, index) => read(item, `${field}[${index}]`, violations))
}

/** Reads a map with ids as keys. Entries beyond the limit add a violation and are not read. Keys such as `__proto__` become own members. */
export function readMap<Value, Result>(
  entries: ReadonlyMap<string, Value>,
  limit: number,
  field: string,
  violations: Violations,
  read: (value: Value, field: string, violations: Violations) => Result,
): Readonly<Record<string, Result>> {
  if (entries.size > limit) violations.add(field, `must be at most ${limit}, not ${entries.size}`)
  return Object.fromEntries(
    [...entries].slice(0, violations.keepsAll ? entries.size : limit).map(([key, value]) => {
      const at = `${field}[${JSON.stringify(key)}]`
      return [readId(key, at, violations), read(value, at, violations)]
    }),
  )
}

export function writeMap<Value, Result>(
  record: Readonly<Record<string, Value>>,
  write: (value: Value) => Result,
): Map<string, Result> {
  return new Map(Object.entries(record).map(([key, value]) => [key, write(value)]))
}

export function readExtensions(
  extensions: ReadonlyMap<string, string>,
  field: string,
  violations: Violations,
): Extensions {
  // Counted before anything is parsed: a megabyte of JSON holds half a million values.
  let values = 0
  for (const text of extensions.values()) values += countValues(text)
  if (values > LIMITS.extensionValues) {
    violations.add(field, `must hold at most ${LIMITS.extensionValues} values`)
    return {}
  }
  return readMap(extensions, LIMITS.dialects, field, violations, readExtension)
}

export function writeExtensions(extensions: Extensions): Map<string, string> {
  return writeMap(extensions, (extension) => formatJson(extension))
}

function readExtension(text: string, field: string, violations: Violations): JsonObject {
  if (Buffer.byteLength(text) > LIMITS.extensionBytes) {
    violations.add(field, `must be at most ${LIMITS.extensionBytes} bytes`)
    return {}
  }
  try {
    const value = parseJson(text)
    if (isJsonObject(value)) return value
    violations.add(field, 'must be the JSON text of an object')
  } catch (error) {
    violations.add(
      field,
      `must be the JSON text of an object: ${error instanceof Error ? error.message : error}`,
    )
  }
  return {}
}
