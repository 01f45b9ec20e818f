import type {
  AchievementJson,
  LifecycleJson,
  MediaAssetJson,
  MediaRoleJson,
} from '../../clients/typescript/gen/laurel/v1/achievement_pb.js'
import type { LocalizedTextJson } from '../../clients/typescript/gen/laurel/v1/localized_text_pb.js'
import { nameOr } from '../parts/format.ts'

/** The lifecycles by their names for people; an absent one is live. */
export const LIFECYCLES: Readonly<Record<'DRAFT' | 'LIVE' | 'RETIRED', string>> = {
  DRAFT: 'Draft',
  LIVE: 'Live',
  RETIRED: 'Retired',
}

export type LifecycleName = keyof typeof LIFECYCLES

export function lifecycleOf({ lifecycle }: AchievementJson): LifecycleName {
  const name = lifecycle?.replace('LIFECYCLE_', '') ?? ''
  return name in LIFECYCLES ? (name as LifecycleName) : 'LIVE'
}

export function lifecycleOnWire(name: LifecycleName): LifecycleJson {
  return `LIFECYCLE_${name}`
}

/** Returns a text in a language; undefined if it has none in it. */
export function textIn(text: LocalizedTextJson | undefined, locale: string): string | undefined {
  const own = text?.translations?.[locale]
  return own ?? (text?.locale === locale ? (text.text ?? '') : undefined)
}

/** Returns the name in a language, or in its own, or the code. */
export function nameOf({ name, achievementId = '' }: AchievementJson, locale = ''): string {
  return nameOr(textIn(name, locale), nameOr(name?.text, achievementId))
}

/** Returns the languages of a text with something in it. */
export function localesOf(text: LocalizedTextJson | undefined): readonly string[] {
  const own = text?.text ? [text.locale ?? ''] : []
  const translated = Object.entries(text?.translations ?? {}).flatMap(([locale, each]) =>
    each === '' ? [] : [locale],
  )
  return [...new Set([...own, ...translated])].filter(Boolean)
}

/** Returns every language that an achievement of the list has a name in, the most frequent first. */
export function localesOfAll(achievements: readonly AchievementJson[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const { name } of achievements) {
    for (const locale of localesOf(name)) counts.set(locale, (counts.get(locale) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([locale]) => locale)
}

/** Returns the languages of the list in which an achievement lacks its name, or its description if it has any. */
export function missingLocales(
  { name, description }: AchievementJson,
  locales: readonly string[],
): readonly string[] {
  const [names, descriptions] = [localesOf(name), localesOf(description)]
  return locales.filter(
    (locale) => !names.includes(locale) || (descriptions.length > 0 && !descriptions.includes(locale)),
  )
}

/** Returns the sum of the gamerscore rewards. */
export function pointsOf({ rewards = [] }: AchievementJson): number {
  return rewards
    .filter(({ kind }) => kind === 'REWARD_KIND_GAMERSCORE')
    .reduce((sum, { value = '0' }) => sum + (Number(value) || 0), 0)
}

/** Returns the conditions as one line: `100 of lanterns-lit`. */
export function goalOf({ requirements = [] }: AchievementJson): string {
  return requirements
    .map(({ statCode, operator, target }) => {
      const value = target?.integer ?? target?.double ?? ''
      const sign = operator === 'REQUIREMENT_OPERATOR_AT_MOST' ? '≤ ' : ''
      return statCode ? `${sign}${value} of ${statCode}` : `${sign}${value}`
    })
    .join(', ')
}

/** Returns the picture of a state: of its role, or of both states. */
export function iconOf(
  { media = [] }: AchievementJson,
  state: 'LOCKED' | 'UNLOCKED',
): MediaAssetJson | undefined {
  const find = (role: MediaRoleJson) => media.find((asset) => asset.role === role)
  return find(`MEDIA_ROLE_${state}_ICON`) ?? find('MEDIA_ROLE_ICON')
}
