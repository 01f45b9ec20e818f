import { DecodeError } from '../../src/dialect/decode-error.ts'
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
 * What a member says, in the form in which `encode` writes it; undefined for a form that is not kept. A member
 * that was written otherwise stays in the extension under its own name, and is written so again for as long as
 * it still says what the record says.
 */
export type Verbatim = Readonly<Record<string, (written: JsonValue) => JsonValue | undefined>>

/** A goal and a stat code of a definition that is not incremental say nothing to the record: any spelling holds. */
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

/** Of members that say the same in any language, and with a goal or without. */
export const OF_ANY_DEFINITION = {
  UnlockedIcons: (written) => plainIcons(written, 'unlocked_icon'),
  LockedIcons: (written) => plainIcons(written, 'locked_icon'),
  CreatedAt: plainInstant,
  UpdatedAt: plainInstant,
  Global: (written) => (written === null || typeof written === 'boolean' ? written === true : undefined),
  Tags: (written) => (written === null ? [] : undefined),
} as const satisfies Verbatim

/** Only what is achieved was achieved at some time; any other time in a row says nothing to the record. */
export function rowVerbatim(achieved: boolean): Verbatim {
  return {
    status: (written) =>
      Number.isSafeInteger(written) ? (written === 1 || written === 2 ? written : 0) : undefined,
    latestValue: plainDouble,
    achievedAt: achieved ? plainInstantOrNull : anyInstant,
  }
}

/** Whether a member of the extension is memory of a spelling: it is forgotten when the value has changed since. */
export function isVerbatim(member: string): boolean {
  return SPELLED.has(member)
}

const SPELLED: ReadonlySet<string> = new Set(
  [definitionVerbatim('', false), rowVerbatim(false)].flatMap((verbatim) => Object.keys(verbatim)),
)

/** The members that were written in another form than `encode` writes. */
export function keepVerbatim(known: JsonObject, verbatim: Verbatim): JsonObject {
  const kept: [string, JsonValue][] = []
  for (const name of Object.keys(known)) {
    const written = known[name] as JsonValue
    const plain = verbatim[name]?.(written)
    if (plain !== undefined && !sameJson(plain, written)) kept.push([name, written])
  }
  return Object.fromEntries(kept)
}

/** The member as it was once written, if that is still what it says. */
export function spelled(
  name: string,
  plain: JsonValue,
  extension: JsonObject,
  verbatim: Verbatim,
): JsonValue {
  const written = Object.hasOwn(extension, name) ? extension[name] : undefined
  if (written === undefined) return plain
  try {
    return sameJson(verbatim[name]?.(written), plain) ? written : plain
  } catch (error) {
    if (error instanceof DecodeError) return plain
    throw error
  }
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
