import type { Adapter, Canonical, EncodeContext, Shape } from '../../src/dialect/adapter.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import { formatPath, type Path } from '../../src/dialect/losses.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../src/model/json.ts'
import { differences, formatted, isRelated } from './differences.ts'
import { encodeContext, identitiesFor, LOCALE } from './subjects.ts'

/** The results of encoding a record and decoding it again. */
export interface Journey {
  readonly entry: JsonObject
  readonly back: Canonical
  readonly reported: readonly string[]
  readonly different: readonly Path[]
}

/** To their JSON, through its text, and to ours again. */
export function thereAndBack(adapter: Adapter, record: Canonical, context: EncodeContext): Journey {
  const { result, losses } = encodeEntry(adapter, record, context, identitiesFor(adapter))
  const entry = reread(result)
  const locale = record.achievement?.name.locale ?? LOCALE
  const { result: back } = decodeEntry(adapter, entry, { locale, envelope: {} })
  return { entry, back, reported: losses.map(({ path }) => path), different: differences(record, back) }
}

/** Property 3: paths that differ and are not reported, neither they nor a path above or below. */
export function silentLosses(adapter: Adapter, shape: Shape, record: Canonical): readonly string[] {
  const { reported, different } = thereAndBack(adapter, record, encodeContext(record, shape.name))
  return formatted(different.filter((path) => mustBeReported(adapter, shape, record, path))).filter(
    (path) => !isAmong(reported, path),
  )
}

/** Property 4: reported paths that do not differ. */
export function falseAlarms(adapter: Adapter, shape: Shape, record: Canonical): readonly string[] {
  const { reported, different } = thereAndBack(adapter, record, encodeContext(record, shape.name))
  const paths = formatted(different)
  return reported.filter((path) => !isAmong(paths, path))
}

/** An entry as it is after it was written as text and read. */
export function reread(entry: JsonObject): JsonObject {
  const value = parseJson(formatJson(entry))
  if (!isJsonObject(value)) throw new TypeError('an entry must be an object')
  return value
}

/**
 * A dialect may drop its own extension, which holds original texts, when the value has changed since. A shape without definitions gets
 * its title from the caller, and a shape that shows each entry with progress shows a definition as locked.
 */
function mustBeReported(adapter: Adapter, { carries }: Shape, record: Canonical, path: Path): boolean {
  const [part, member, dialect] = path
  if (member === 'extensions' && dialect === adapter.id) return false
  if (part === 'progress' && record.progress === undefined && record.achievement !== undefined) return false
  if (carries.includes('definition')) return true
  return part !== 'achievement' && !(part === 'title' && formatPath(path).startsWith('$.title.binding'))
}

function isAmong(paths: readonly string[], path: string): boolean {
  return paths.some((other) => isRelated(other, path))
}
