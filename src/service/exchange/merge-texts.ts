import type { Achievement } from '../../model/achievement.ts'
import { sameJson } from '../../model/json.ts'
import type { LocalizedText } from '../../model/localized-text.ts'

/** BCP-47's tag of an undetermined language: in a baseline, that of texts whose language the dialect does not say. */
export const UNDETERMINED = 'und'

/** How the texts of one entry are merged. */
export interface TextMerge {
  /** The language of the entry's texts where it does not say it; undefined for each text's default. */
  readonly language: string | undefined
  /** Whether the dialect carries one language only. */
  readonly single: boolean
  /** Whether a translation that is missing was taken away. */
  readonly removes: boolean
}

const TEXTS = ['name', 'description', 'lockedDescription'] as const
export const ALL_TEXTS = TEXTS.length

/** How many texts of an entry, without their translations, are those of a baseline. */
export function textsInCommon(baseline: Achievement, incoming: Achievement): number {
  return TEXTS.filter((name) => baseline[name]?.text === incoming[name]?.text).length
}

/** The languages that a record has translations in. */
export function translatedTags(achievement: Achievement): ReadonlySet<string> {
  return new Set(TEXTS.flatMap((name) => Object.keys(achievement[name]?.translations ?? {})))
}

/** The existing text with what differs between the baseline and the document, language by language. */
export function mergeText(
  existing: LocalizedText,
  baseline: LocalizedText,
  incoming: LocalizedText,
  how: TextMerge,
): LocalizedText {
  const isSaid = baseline.locale !== UNDETERMINED
  const relabelled = isSaid && !sameTag(baseline.locale, incoming.locale)
  let merged = relabelled ? withDefault(existing, incoming) : existing
  const [before, after] = [textsOf(baseline, isSaid), textsOf(incoming, isSaid)]
  if (!isSaid && baseline.text !== incoming.text) {
    merged = withText(merged, slotOf(existing, incoming, how), incoming.text)
  }
  for (const tag of new Set([...before.keys(), ...after.keys()])) {
    const text = after.get(tag)
    if (before.get(tag) === text) continue
    if (text !== undefined) merged = withText(merged, isSaid ? slotNamed(merged, tag) : tag, text)
    else if (how.removes) merged = withoutTranslation(merged, tag)
  }
  return sameJson(merged, existing) ? existing : merged
}

/** The texts of which a document says the language. */
function textsOf(
  { locale, text, translations }: LocalizedText,
  isSaid: boolean,
): ReadonlyMap<string, string> {
  const texts = new Map(Object.entries(translations))
  return isSaid ? texts.set(locale, text) : texts
}

/** Where a text stands: as the default, or as the translation of a tag. */
type Slot = string | undefined

function slotOf(existing: LocalizedText, incoming: LocalizedText, { language, single }: TextMerge): Slot {
  if (language === undefined) return undefined
  const translation = translationOf(existing, language)
  if (single && translation !== undefined) return translation
  if (sameTag(language, existing.locale) || translationOf(incoming, language) !== undefined) return undefined
  return translation ?? language
}

function slotNamed(existing: LocalizedText, tag: string): Slot {
  if (tag === existing.locale) return undefined
  if (Object.hasOwn(existing.translations, tag)) return tag
  return sameTag(tag, existing.locale) ? undefined : (translationOf(existing, tag) ?? tag)
}

/** The tag of a translation, compared as `textFor` does: without case, the last of several. */
function translationOf({ translations }: LocalizedText, tag: string): string | undefined {
  return Object.keys(translations).findLast((other) => sameTag(other, tag))
}

function withText(existing: LocalizedText, slot: Slot, text: string): LocalizedText {
  if (slot === undefined) return { ...existing, text }
  return { ...existing, translations: withMember(existing.translations, slot, text) }
}

function withoutTranslation(existing: LocalizedText, tag: string): LocalizedText {
  const entries = Object.entries(existing.translations).filter(([other]) => other !== tag)
  return { ...existing, translations: Object.fromEntries(entries) }
}

/** The text with the document's default language; the default that it had becomes a translation. */
function withDefault(existing: LocalizedText, { locale, text }: LocalizedText): LocalizedText {
  const others = Object.entries(existing.translations).filter(([tag]) => !sameTag(tag, locale))
  const translations = Object.fromEntries(others)
  return {
    locale,
    text,
    translations: sameTag(existing.locale, locale)
      ? translations
      : withMember(translations, existing.locale, existing.text),
  }
}

/** `__proto__` may be a tag like any other. */
function withMember(
  translations: LocalizedText['translations'],
  tag: string,
  text: string,
): LocalizedText['translations'] {
  return Object.fromEntries([...Object.entries(translations), [tag, text]])
}

function sameTag(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}
