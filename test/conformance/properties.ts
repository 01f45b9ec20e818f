import type { Adapter, Canonical, EncodeContext, Shape } from '../../src/dialect/adapter.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import type { Loss, Path } from '../../src/dialect/losses.ts'
import { purposeOf } from '../../src/dialect/shapes.ts'
import { decodeEntry, encodeEntry } from '../../src/dialect/translate.ts'
import { formatJson } from '../../src/model/exact-json.ts'
import { isJsonObject, type JsonObject } from '../../src/model/json.ts'
import { formatted, isRelated } from './differences.ts'
import { lostPaths } from './reader.ts'
import { identitiesFor, LOCALE } from './subjects.ts'

/** The results of encoding a record and decoding it again. */
export interface Journey {
  readonly entry: JsonObject
  readonly back: Canonical
}

/** To their JSON, through its text, and to ours again. */
export function thereAndBack(adapter: Adapter, record: Canonical, context: EncodeContext): Journey {
  const entry = reread(encodeEntry(adapter, record, context, identitiesFor(adapter)).result)
  const locale = record.achievement?.name.locale ?? LOCALE
  const { result: back } = decodeEntry(adapter, entry, { locale, envelope: {} })
  return { entry, back }
}

/** The language that a reader assumes for texts without one: no reader gets it beside the document. */
const ASSUMED = 'en'
export const READING = { locale: ASSUMED, envelope: {} }
export const LANGUAGES = { locale: undefined, readerLocale: ASSUMED }

/** How true the report of one entry's losses is. */
export interface Verdict {
  /** Paths that are lost and not reported. */
  readonly silent: readonly string[]
  /** Paths that are reported and not lost. */
  readonly alarms: readonly string[]
}

/** Properties 3 and 4 of a record in a shape, or in the dialect's own choice; undefined if that cannot hold any of it. */
export function lossVerdictOf(
  adapter: Adapter,
  shape: Shape | undefined,
  record: Canonical,
): Verdict | undefined {
  const purpose = purposeOf(adapter, record, shape)
  if (purpose === undefined) return undefined
  const context = { ...LANGUAGES, shape: shape?.name, purpose, account: undefined }
  const { result, losses } = encodeEntry(adapter, record, context, identitiesFor(adapter))
  const { result: back } = decodeEntry(adapter, reread(result), READING)
  return verdictOf(adapter, losses, lostPaths(adapter, record, back))
}

/** A dialect may drop original texts, which it keeps in its own extension, when the value or the shape has changed since. */
export function verdictOf({ id }: Adapter, losses: readonly Loss[], lost: readonly Path[]): Verdict {
  const reported = losses.map(({ path }) => path)
  const isOwnExtension = ([, member, dialect]: Path) => member === 'extensions' && dialect === id
  const mustReport = formatted(lost.filter((path) => !isOwnExtension(path)))
  return {
    silent: mustReport.filter((path) => !isAmong(reported, path)),
    alarms: reported.filter((path) => !isAmong(formatted(lost), path)),
  }
}

/** An entry as it is after it was written as text and read. */
export function reread(entry: JsonObject): JsonObject {
  const value = parseJson(formatJson(entry))
  if (!isJsonObject(value)) throw new TypeError('an entry must be an object')
  return value
}

function isAmong(paths: readonly string[], path: string): boolean {
  return paths.some((other) => isRelated(other, path))
}
