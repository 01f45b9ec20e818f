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
  if (!isJsonObject(value)) {
    return { text: typeof value === 'string' ? value : '', translations: Object.fromEntries(beside) }
  }
  const flat = textsOf(Object.fromEntries(Object.entries(value).filter(([code]) => isDiscordLocale(code))))
  return {
    text: value['default'] as string,
    translations: Object.fromEntries([...flat, ...textsOf(value['localizations']), ...beside]),
  }
}

/** The members of v6 to v9: `{ name: { default, localizations? } }`. */
export function writeTextObject(member: string, { text, translations }: Text): JsonObject {
  const localizations = writable(translations)
  return { [member]: localizations === undefined ? { default: text } : { default: text, localizations } }
}

/** The members of v10: `{ name, name_localizations }`, the latter always there. */
export function writeTextString(member: string, { text, translations }: Text): JsonObject {
  return { [member]: text, [`${member}_localizations`]: writable(translations) ?? null }
}

/** The tags of translations that Discord has no code for. */
export function foreignTags({ translations }: Text): readonly string[] {
  return Object.keys(translations).filter((tag) => toDiscordLocale(tag) === undefined)
}

function textsOf(value: JsonValue | undefined): readonly [string, string][] {
  if (!isJsonObject(value)) return []
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return fromDiscordLocales(texts)
}

function writable(translations: Text['translations']): JsonObject | undefined {
  const known = Object.entries(translations).flatMap(([tag, text]) => {
    const code = toDiscordLocale(tag)
    return code === undefined ? [] : [[code, text] as const]
  })
  return known.length === 0 ? undefined : Object.fromEntries(known)
}
