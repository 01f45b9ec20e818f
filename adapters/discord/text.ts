import { NO_MEMBERS } from '../../src/dialect/nothing.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { fromDiscordLocales, isDiscordLocale, toDiscordLocale } from './locales.ts'

/** A text with its translations by BCP-47 tag. Discord does not say which language the default is in. */
export interface Text {
  readonly text: string
  readonly translations: Readonly<Record<string, string>>
}

/** Reads either wire shape, and hata's flat one; `localizations` is the member beside the text, as in v10. */
export function readText(value: JsonValue | undefined, localizations: JsonValue | undefined): Text {
  const beside = textsOf(localizations)
  if (!isJsonObject(value)) return { text: typeof value === 'string' ? value : '', translations: beside }
  const flat = textsOf(Object.fromEntries(Object.entries(value).filter(([code]) => isDiscordLocale(code))))
  return {
    text: value['default'] as string,
    translations: { ...flat, ...textsOf(value['localizations']), ...beside },
  }
}

/** A text of v6 to v9: `{ default, localizations? }`. */
export function writeTextObject({ text, translations }: Text): JsonObject {
  const localizations = writeLocalizations(translations)
  return localizations === null ? { default: text } : { default: text, localizations }
}

/** The tags of translations that Discord has no code for. */
export function foreignTags({ translations }: Text): readonly string[] {
  return Object.keys(translations).filter((tag) => toDiscordLocale(tag) === undefined)
}

/** What is no text of a dictionary was cleared by a client. */
function textsOf(value: JsonValue | undefined): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return NO_MEMBERS
  return fromDiscordLocales(isAllTexts(value) ? value : textsIn(value))
}

function isAllTexts(value: JsonObject): value is Readonly<Record<string, string>> {
  for (const code in value) if (typeof value[code] !== 'string') return false
  return true
}

function textsIn(value: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** The translations that Discord has a code for; v10 says null where there are none. */
export function writeLocalizations(translations: Text['translations']): JsonObject | null {
  const known: [string, string][] = []
  for (const tag of Object.keys(translations)) {
    const code = toDiscordLocale(tag)
    if (code !== undefined) known.push([code, translations[tag] as string])
  }
  return known.length === 0 ? null : Object.fromEntries(known)
}
