import { EMPTY_OBJECT } from '../../src/dialect/empty.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/model/json.ts'
import { fromDiscordLocales, isDiscordLocale, toDiscordLocale } from './locales.ts'
import { membersWhere } from './members.ts'

/** A text with its translations by BCP-47 tag. Discord does not say which language the default is in. */
export interface Text {
  readonly text: string
  readonly translations: Readonly<Record<string, string>>
}

/** Reads either wire shape, and hata's flat one; `localizations` is the member beside the text, as in v10. */
export function readText(value: JsonValue | undefined, localizations: JsonValue | undefined): Text {
  const beside = readLocalizations(localizations)
  if (!isJsonObject(value)) return { text: typeof value === 'string' ? value : '', translations: beside }
  const flat = readLocalizations(membersWhere(value, isDiscordLocale))
  const inside = readLocalizations(value['localizations'])
  return { text: value['default'] as string, translations: both(both(flat, inside), beside) }
}

/** A text of v6 to v9: `{ default, localizations? }`. */
export function writeTextObject({ text, translations }: Text): JsonObject {
  const localizations = writeLocalizations(translations)
  return localizations === null ? { default: text } : { default: text, localizations }
}

/** Whether a text is in Discord's own format of v6 to v9, without a dictionary beside it. */
export function isPlainTextObject(value: JsonValue | undefined, beside: JsonValue | undefined): boolean {
  if (!isJsonObject(value) || beside !== undefined) return false
  for (const name in value) {
    if (name === 'localizations' ? !isPlainDictionary(value[name]) : name !== 'default') return false
  }
  return true
}

/** Whether a text is in Discord's own format of v10. */
export function isPlainTextBeside(value: JsonValue | undefined, beside: JsonValue | undefined): boolean {
  return typeof value === 'string' && (beside === null || isPlainDictionary(beside))
}

/** Whether all codes are Discord's and all values are texts. Discord omits an empty dictionary. */
function isPlainDictionary(value: JsonValue | undefined): boolean {
  if (!isJsonObject(value)) return false
  let isEmpty = true
  for (const code in value) {
    if (!isDiscordLocale(code) || typeof value[code] !== 'string') return false
    isEmpty = false
  }
  return !isEmpty
}

type Translations = Text['translations']

/** Ignores values that are not texts: a client has cleared them. */
function readLocalizations(value: JsonValue | undefined): Translations {
  if (!isJsonObject(value)) return EMPTY_OBJECT
  return fromDiscordLocales(isAllTexts(value) ? value : textsIn(value))
}

function isAllTexts(value: JsonObject): value is Translations {
  for (const code in value) if (typeof value[code] !== 'string') return false
  return true
}

function textsIn(value: JsonObject): Translations {
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function both(first: Translations, second: Translations): Translations {
  if (first === EMPTY_OBJECT) return second
  return second === EMPTY_OBJECT ? first : { ...first, ...second }
}

/** The translations that Discord has a code for; v10 says null where there are none. */
export function writeLocalizations(translations: Translations): JsonObject | null {
  const known: [string, string][] = []
  for (const tag of Object.keys(translations)) {
    const code = toDiscordLocale(tag)
    if (code !== undefined) known.push([code, translations[tag] as string])
  }
  return known.length === 0 ? null : Object.fromEntries(known)
}
