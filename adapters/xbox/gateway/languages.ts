import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { bestLocale } from '../../../src/model/locale-match.ts'
import type { LocalizedText } from '../../../src/model/localized-text.ts'

const MOST_LANGUAGES = 32

/** The languages of an `Accept-Language` header, the preferred first. Ignores malformed parts. */
export function readLanguages(header = ''): readonly string[] {
  const ranges = header.split(',').flatMap((part) => {
    const [tag = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1'
    const weight = /^[01](\.\d{0,3})?$/.test(quality) ? Number(quality) : 0
    const isTag = tag.length <= LIMITS.locale && /^[a-z]{1,8}(-[a-z0-9]{1,8})*$/.test(tag)
    return isTag && weight > 0 ? [{ tag, weight }] : []
  })
  // The order of equals is kept.
  const sorted = ranges.sort((left, right) => right.weight - left.weight)
  return sorted.slice(0, MOST_LANGUAGES).map(({ tag }) => tag)
}

/** The achievement with each text in one language alone. */
export function inLanguages(achievement: StoredAchievement, languages: readonly string[]): StoredAchievement {
  const only = (text: LocalizedText): LocalizedText => ({
    locale: text.locale,
    text: textIn(text, languages),
    translations: {},
  })
  const { name, description, lockedDescription } = achievement
  return {
    ...achievement,
    name: only(name),
    description: only(description),
    lockedDescription: lockedDescription && only(lockedDescription),
  }
}

/** Returns the text in the first requested language that is available, else the default text. */
function textIn({ locale, text, translations }: LocalizedText, languages: readonly string[]): string {
  const tags = [locale, ...Object.keys(translations)]
  for (const language of languages) {
    const tag = bestLocale(language, tags)
    if (tag !== undefined) return translations[tag] ?? text
  }
  return text
}
