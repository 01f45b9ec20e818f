import { DecodeError, tryReading } from '../../src/dialect/decode-error.ts'
import { isJsonObject, type JsonObject, type JsonValue, sameJson } from '../../src/model/json.ts'
import { isDouble } from './schema.ts'
import {
  readIcons,
  readInstant,
  readTexts,
  writeDouble,
  writeIcons,
  writeInstant,
  writeTexts,
} from './values.ts'

/**
 * Functions by member, that return its value as `encode` writes it; undefined for a value that is not kept. A member that was written
 * differently is stored in the extension under its own name, and is written that way again while its meaning is unchanged.
 */
export type Verbatim = Readonly<Record<string, (written: JsonValue) => JsonValue | undefined>>

/** The record ignores goal and stat code of a definition that is not incremental, so any text of them is kept. */
export function definitionVerbatim(language: string, incremental: boolean): Verbatim {
  const texts = (written: JsonValue) => plainTexts(written, language)
  return {
    ...OF_ANY_DEFINITION,
    GoalValue: incremental ? plainDouble : anyGoal,
    StatCode: incremental ? plainText : anyStatCode,
    Name: texts,
    Description: texts,
  }
}

/** For members that depend neither on the language nor on a goal. */
export const OF_ANY_DEFINITION = {
  UnlockedIcons: (written) => plainIcons(written, 'unlocked_icon'),
  LockedIcons: (written) => plainIcons(written, 'locked_icon'),
  CreatedAt: plainInstant,
  UpdatedAt: plainInstant,
  Global: (written) => (written === null || typeof written === 'boolean' ? written === true : undefined),
  Tags: (written) => (written === null ? [] : undefined),
} as const satisfies Verbatim

/** Only an achieved row has an unlock time; the record ignores the time of any other row. */
export function rowVerbatim(achieved: boolean): Verbatim {
  return {
    status: (written) =>
      Number.isSafeInteger(written) ? (written === 1 || written === 2 ? written : 0) : undefined,
    latestValue: plainDouble,
    achievedAt: achieved ? plainInstantOrNull : anyInstant,
  }
}

/** Whether a member of the extension is an original text, which is dropped when the value has changed since. */
export function isVerbatim(member: string): boolean {
  return VERBATIM_MEMBERS.has(member)
}

const VERBATIM_MEMBERS: ReadonlySet<string> = new Set(
  [definitionVerbatim('', false), rowVerbatim(false)].flatMap((verbatim) => Object.keys(verbatim)),
)

/** The members that `encode` would write differently. */
export function keepVerbatim(known: JsonObject, verbatim: Verbatim): JsonObject {
  const found: [string, JsonValue][] = []
  for (const name of Object.keys(known)) {
    const written = known[name] as JsonValue
    const plain = verbatim[name]?.(written)
    if (plain !== undefined && !sameJson(plain, written)) found.push([name, written])
  }
  return Object.fromEntries(found)
}

/** The original value of a member if it still means the same, else the canonical one. */
export function writeVerbatim(
  name: string,
  plain: JsonValue,
  extension: JsonObject,
  verbatim: Verbatim,
): JsonValue {
  const written = Object.hasOwn(extension, name) ? extension[name] : undefined
  if (written === undefined) return plain
  const meant = tryReading(() => verbatim[name]?.(written))
  return sameJson(meant, plain) ? written : plain
}

function plainDouble(written: JsonValue): JsonValue | undefined {
  return isDouble(written) ? writeDouble(Number(written)) : undefined
}

function anyGoal(written: JsonValue): JsonValue | undefined {
  return isDouble(written) ? 0 : undefined
}

function plainText(written: JsonValue): JsonValue | undefined {
  return typeof written === 'string' ? written : undefined
}

function anyStatCode(written: JsonValue): JsonValue | undefined {
  return typeof written === 'string' ? '' : undefined
}

/** As `formatInstant` writes an instant. */
const SHORTEST = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?Z$/

/** Whether a text so written is a real instant does not matter here: none is written that is not. */
function plainInstant(written: JsonValue): JsonValue | undefined {
  if (typeof written !== 'string') return undefined
  return SHORTEST.test(written) ? written : writeInstant(readInstant(written, []))
}

function plainInstantOrNull(written: JsonValue): JsonValue | undefined {
  return written === null ? writeInstant(undefined) : plainInstant(written)
}

function anyInstant(written: JsonValue): JsonValue | undefined {
  if (typeof written === 'string') readInstant(written, [])
  else if (written !== null) return undefined
  return writeInstant(undefined)
}

/** Texts that have the default language by its name are written as they are read. */
function plainTexts(written: JsonValue, language: string): JsonValue | undefined {
  if (!isJsonObject(written)) return undefined
  if (Object.hasOwn(written, language)) return written
  return writeTexts(readTexts(written as Readonly<Record<string, string>>, language, []), language)
}

function plainIcons(written: JsonValue, role: 'locked_icon' | 'unlocked_icon'): JsonValue {
  const icons = asIcons(written)
  return icons.every(isPlainIcon) ? icons : writeIcons(readIcons(icons, role, []), role)
}

/** An icon of a url and a slug, and nothing else. */
function isPlainIcon(icon: JsonObject): boolean {
  return typeof icon['url'] === 'string' && typeof icon['slug'] === 'string' && Object.keys(icon).length === 2
}

function asIcons(written: JsonValue): readonly JsonObject[] {
  if (written === null) return []
  if (Array.isArray(written) && written.every((icon) => isJsonObject(icon))) return written
  throw new DecodeError([], 'expected an array of icons')
}
