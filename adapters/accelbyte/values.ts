import { DecodeError } from '../../src/dialect/decode-error.ts'
import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import { quick } from '../../src/dialect/fast-path.ts'
import type { Path } from '../../src/dialect/losses.ts'
import type { MediaAsset } from '../../src/model/achievement.ts'
import { EARLIEST_INSTANT, formatInstant, type Instant, parseInstant } from '../../src/model/instant.ts'
import type { JsonObject, JsonValue } from '../../src/model/json.ts'
import type { LocalizedText } from '../../src/model/localized-text.ts'
import { foldMembers, memberNames, readMembers } from './members.ts'
import { iconSchema } from './schema.ts'

type Texts = string | Readonly<Record<string, string>>

/**
 * Texts by language, or the one text that the public list sends.
 * @throws DecodeError when none is in the default language.
 */
export function readTexts(texts: Texts, language: string, path: Path): LocalizedText {
  if (typeof texts === 'string') return { locale: language, text: texts, translations: {} }
  const tag = findLanguage(texts, language)
  if (tag === undefined) {
    const found = Object.keys(texts).slice(0, 10).join(', ')
    throw new DecodeError(
      path,
      `expected a text in the default language ${JSON.stringify(language)}, but found ${found || 'no text'}`,
    )
  }
  if (isOnly(texts, tag)) return { locale: language, text: texts[tag] as string, translations: EMPTY_OBJECT }
  const { [tag]: text, ...translations } = texts
  return { locale: language, text: text as string, translations }
}

/**
 * Texts by language, one of which must be the definition's default language: where it is missing, the text that
 * a reader would get stands in for it.
 */
export function writeTexts({ locale, text, translations }: LocalizedText, language: string): JsonObject {
  if (sameLanguage(locale, language)) {
    const texts = { [language]: text, ...translations }
    return Object.hasOwn(translations, language) ? { ...texts, [language]: text } : texts
  }
  const tag = findLanguage(translations, language)
  const standIn = tag === undefined ? text : (translations[tag] as string)
  return { [language]: standIn, ...translations, [locale]: text }
}

function isOnly(texts: Readonly<Record<string, string>>, tag: string): boolean {
  for (const other in texts) if (other !== tag) return false
  return true
}

/** Exactly if it can be, else without regard to case: live services hold `EN` beside `en`. */
function findLanguage(texts: Readonly<Record<string, string>>, language: string): string | undefined {
  if (Object.hasOwn(texts, language)) return language
  return Object.keys(texts).find((tag) => sameLanguage(tag, language))
}

function sameLanguage(left: string, right: string): boolean {
  return left === right || left.toLowerCase() === right.toLowerCase()
}

const ICON = quick(iconSchema)
const ICON_MEMBERS = memberNames(iconSchema)

type IconRole = 'locked_icon' | 'unlocked_icon'

/** @throws DecodeError for an icon that is not one. */
export function readIcons(
  icons: readonly JsonObject[] | null | undefined,
  role: IconRole,
  path: Path,
): readonly MediaAsset[] {
  return (icons ?? []).map((icon, index) => {
    const members = foldMembers(icon, ICON_MEMBERS)
    const { url, slug } = readMembers(ICON, members, [...path, index])
    return { role, name: slug ?? '', url: url ?? '' }
  })
}

/** The icons of one state; an asset that serves both states is in both lists. */
export function writeIcons(media: readonly MediaAsset[], role: IconRole): readonly JsonObject[] {
  return media
    .filter((asset) => asset.role === role || asset.role === 'icon')
    .map(({ name, url }) => ({ url, slug: name }))
}

/** @throws DecodeError for a text that is no instant. Year 1 is Go's word for never. */
export function readInstant(text: string | null | undefined, path: Path): Instant | undefined {
  if (text === null || text === undefined) return undefined
  const instant = parseInstant(text)
  if (instant === undefined) {
    throw new DecodeError(path, `expected an RFC 3339 time, but found ${JSON.stringify(text.slice(0, 60))}`)
  }
  return instant === EARLIEST_INSTANT ? undefined : instant
}

export function writeInstant(instant: Instant | undefined): string {
  return formatInstant(instant ?? EARLIEST_INSTANT)
}

/** A double as JSON reads it back: an integer beyond 2^53 is a bigint there while it is written in digits. */
export function writeDouble(double: number): JsonValue {
  const inDigits = Number.isInteger(double) && !Number.isSafeInteger(double) && Math.abs(double) < 1e21
  return inDigits ? BigInt(double) : double
}
