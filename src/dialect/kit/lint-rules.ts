import type { Achievement } from '../../model/achievement.ts'
import type { LocalizedText } from '../../model/localized-text.ts'
import { isLongerThan } from '../../model/text-length.ts'
import type { Breach, LintCheck, LintedTitle } from '../lint.ts'

/*
 * Helpers to write lint rules: each returns the `start` of a rule.
 */

type Start = (title: LintedTitle) => LintCheck

/** Checks each definition by itself. */
export function eachAchievement(
  check: (achievement: Achievement, title: LintedTitle) => Iterable<Breach>,
): Start {
  return (title) => ({ add: (achievement) => check(achievement, title) })
}

/** Checks the sum over all definitions, once there are any: an empty title is not published. */
export function sumOfAchievements(
  path: string,
  amount: (achievement: Achievement) => bigint,
  isBreach: (sum: bigint) => boolean,
): Start {
  return () => {
    let isEmpty = true
    let sum = 0n
    return {
      add(achievement) {
        isEmpty = false
        sum += amount(achievement)
        return []
      },
      end: () => (isEmpty || !isBreach(sum) ? [] : [{ path, value: Number(sum) }]),
    }
  }
}

/** Checks that no two definitions have the same key. The later one of them is the breach. */
export function uniqueAmongAchievements(
  path: string,
  read: (achievement: Achievement) => string,
  keyOf: (value: string) => string,
): Start {
  return () => {
    const taken = new Set<string>()
    return {
      add(achievement) {
        const value = read(achievement)
        const key = keyOf(value)
        if (taken.has(key)) return [{ path, value }]
        taken.add(key)
        return []
      },
    }
  }
}

/** Returns the breaches of a limit of characters in any language of a text. */
export function textsLongerThan(
  limit: number,
  path: string,
  text: LocalizedText | undefined,
): readonly Breach[] {
  return textsIn(path, text).filter(({ value }) => isLongerThan(value, limit))
}

interface TextInLanguage {
  readonly path: string
  readonly locale: string
  readonly value: string
}

/** Returns a text in each of its languages, with the paths on the wire. */
export function textsIn(path: string, text: LocalizedText | undefined): readonly TextInLanguage[] {
  if (text === undefined) return []
  return [
    { path: `${path}.text`, locale: text.locale, value: text.text },
    ...Object.entries(text.translations).map(([locale, value]) => ({
      path: `${path}.translations.${locale}`,
      locale,
      value,
    })),
  ]
}

/** Returns all texts of a definition in all of their languages. */
export function allTextsIn(achievement: Achievement): readonly TextInLanguage[] {
  return [
    ...textsIn('name', achievement.name),
    ...textsIn('description', achievement.description),
    ...textsIn('locked_description', achievement.lockedDescription),
  ]
}

/** Returns the first of the texts in each language. */
export function languagesIn(texts: readonly TextInLanguage[]): readonly TextInLanguage[] {
  const languages = new Map<string, TextInLanguage>()
  for (const text of texts) if (!languages.has(text.locale)) languages.set(text.locale, text)
  return [...languages.values()]
}
