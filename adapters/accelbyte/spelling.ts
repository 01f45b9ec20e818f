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
export type Spellings = Readonly<Record<string, (written: JsonValue) => JsonValue | undefined>>

/** A goal and a stat code of a definition that is not incremental say nothing to the record: any spelling holds. */
export function definitionSpellings(language: string, incremental: boolean): Spellings {
  const texts = (written: JsonValue) =>
    isJsonObject(written)
      ? writeTexts(readTexts(written as Readonly<Record<string, string>>, language, []), language)
      : undefined
  return {
    GoalValue: (written) => (incremental ? plainDouble(written) : isDouble(written) ? 0 : undefined),
    StatCode: (written) => (typeof written !== 'string' ? undefined : incremental ? written : ''),
    UnlockedIcons: (written) => writeIcons(readIcons(asIcons(written), 'unlocked_icon', []), 'unlocked_icon'),
    LockedIcons: (written) => writeIcons(readIcons(asIcons(written), 'locked_icon', []), 'locked_icon'),
    CreatedAt: plainInstant,
    UpdatedAt: plainInstant,
    Global: (written) => (written === null || typeof written === 'boolean' ? written === true : undefined),
    Tags: (written) => (written === null ? [] : undefined),
    Name: texts,
    Description: texts,
  }
}

/** Only what is achieved was achieved at some time; any other time in a row says nothing to the record. */
export function rowSpellings(achieved: boolean): Spellings {
  const instant = (written: JsonValue) => (written === null ? writeInstant(undefined) : plainInstant(written))
  return {
    status: (written) =>
      Number.isSafeInteger(written) ? (written === 1 || written === 2 ? written : 0) : undefined,
    latestValue: plainDouble,
    achievedAt: (written) => (achieved ? instant(written) : instant(written) && writeInstant(undefined)),
  }
}

/** Whether a member of the extension is memory of a spelling: it is forgotten when the value has changed since. */
export function isSpelling(member: string): boolean {
  return SPELLED.has(member)
}

const SPELLED: ReadonlySet<string> = new Set(
  [definitionSpellings('', false), rowSpellings(false)].flatMap((spellings) => Object.keys(spellings)),
)

/** The members that were written in another form than `encode` writes. */
export function keepSpellings(known: JsonObject, spellings: Spellings): JsonObject {
  const kept = Object.entries(known).filter(([name, written]) => {
    const plain = spellings[name]?.(written)
    return plain !== undefined && !sameJson(plain, written)
  })
  return Object.fromEntries(kept)
}

/** The member as it was once written, if that is still what it says. */
export function spelled(
  name: string,
  plain: JsonValue,
  extension: JsonObject,
  spellings: Spellings,
): JsonValue {
  const written = Object.hasOwn(extension, name) ? extension[name] : undefined
  if (written === undefined) return plain
  try {
    return sameJson(spellings[name]?.(written), plain) ? written : plain
  } catch (error) {
    if (error instanceof DecodeError) return plain
    throw error
  }
}

function plainDouble(written: JsonValue): JsonValue | undefined {
  return isDouble(written) ? writeDouble(Number(written)) : undefined
}

function plainInstant(written: JsonValue): JsonValue | undefined {
  return typeof written === 'string' ? writeInstant(readInstant(written, [])) : undefined
}

function asIcons(written: JsonValue): readonly JsonObject[] {
  if (written === null) return []
  if (Array.isArray(written) && written.every((icon) => isJsonObject(icon))) return written
  throw new DecodeError([], 'expected an array of icons')
}
