import type { Achievement } from '../../model/achievement.ts'
import { sameJson } from '../../model/json.ts'
import type { LocalizedText } from '../../model/localized-text.ts'

/** The BCP-47 tag of an undetermined language: in a baseline, of texts whose language the dialect does not state. */
export const UNDETERMINED = 'und'

/** How the texts of one entry are merged. */
export interface TextMerge {
  /** The language of texts for which the entry states none; undefined for each text's default. */
  readonly language: string | undefined
  /** Whether the dialect has one language only. */
  readonly isMonolingual: boolean
  /** Whether a translation that the entry lacks is deleted. */
  readonly deletesMissing: boolean
}

const TEXTS = ['name', 'description', 'lockedDescription'] as const
export const TEXT_COUNT = TEXTS.length

/** Returns how many texts, translations aside, are the same in the entry and the baseline. One description is for both states. */
export function textsInCommon(baseline: Achievement, incoming: Achievement): number {
  const textOf = (achievement: Achievement, name: (typeof TEXTS)[number]) =>
    (achievement[name] ?? achievement.description).text
  return TEXTS.filter((name) => textOf(baseline, name) === textOf(incoming, name)).length
}

/** Returns the languages of a record's translations. */
export function translatedTags(achievement: Achievement): ReadonlySet<string> {
  return new Set(TEXTS.flatMap((name) => Object.keys(achievement[name]?.translations ?? {})))
}

/** Returns the existing text with the differences between the baseline and the entry, language by language. */
export function mergeText(
  existing: LocalizedText,
  baseline: LocalizedText,
  incoming: LocalizedText,
  how: TextMerge,
): LocalizedText {
  const hasLanguage = baseline.locale !== UNDETERMINED
  const hasNewDefault = hasLanguage && !sameTag(baseline.locale, incoming.locale)
  let merged = hasNewDefault ? withDefault(existing, incoming) : existing
  const [before, after] = [textsOf(baseline, hasLanguage), textsOf(incoming, hasLanguage)]
  if (!hasLanguage && baseline.text !== incoming.text) {
    merged = withText(merged, slotOf(existing, incoming, how), incoming.text)
  }
  for (const tag of new Set([...before.keys(), ...after.keys()])) {
    const text = after.get(tag)
    if (before.get(tag) === text) continue
    if (text !== undefined) merged = withText(merged, hasLanguage ? slotNamed(merged, tag) : tag, text)
    else if (how.deletesMissing) merged = withoutTranslation(merged, tag)
  }
  return sameJson(merged, existing) ? existing : merged
}

/** Returns the texts whose language is stated. */
function textsOf(
  { locale, text, translations }: LocalizedText,
  hasLanguage: boolean,
): ReadonlyMap<string, string> {
  const texts = new Map(Object.entries(translations))
  return hasLanguage ? texts.set(locale, text) : texts
}

/** The tag of the translation that a text goes to; undefined for the default text. */
type Slot = string | undefined

function slotOf(
  existing: LocalizedText,
  incoming: LocalizedText,
  { language, isMonolingual }: TextMerge,
): Slot {
  if (language === undefined) return undefined
  const translation = translationOf(existing, language)
  if (isMonolingual && translation !== undefined) return translation
  if (sameTag(language, existing.locale) || translationOf(incoming, language) !== undefined) return undefined
  return translation ?? language
}

function slotNamed(existing: LocalizedText, tag: string): Slot {
  if (tag === existing.locale) return undefined
  if (Object.hasOwn(existing.translations, tag)) return tag
  return sameTag(tag, existing.locale) ? undefined : (translationOf(existing, tag) ?? tag)
}

/** Returns the tag of a translation, compared like in `textFor`: without case, the last of several. */
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

/** Returns the text with the document's default; the previous default becomes a translation. */
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

/** Safe for a tag named `__proto__`. */
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
