import type { Achievement } from './achievement.ts'
import type { Violation } from './errors.ts'
import { LIMITS } from './limits.ts'
import type { LocalizedText } from './localized-text.ts'

/** Returns the violations of a definition from a document. The limits are those of the wire. */
export function checkAchievement(achievement: Achievement): readonly Violation[] {
  const violations: Violation[] = []
  const refuse = (field: string, message: string) => violations.push({ field, message })
  const checkId = (field: string, id: string) => {
    if (id === '' || id.length > LIMITS.id) refuse(field, `must have 1 to ${LIMITS.id} characters`)
    if (/\p{Cc}/u.test(id)) refuse(field, 'must not hold control characters')
  }
  const checkCount = (field: string, list: readonly unknown[], limit: number) => {
    if (list.length > limit) refuse(field, `must have at most ${limit} entries, and has ${list.length}`)
  }
  const checkText = (field: string, text: string) => {
    if (text.length > LIMITS.text) refuse(field, `must have at most ${LIMITS.text} characters`)
  }
  const checkLocalized = (field: string, localized: LocalizedText) => {
    checkText(`${field}.text`, localized.text)
    const translations = Object.entries(localized.translations)
    checkCount(`${field}.translations`, translations, LIMITS.translations)
    for (const [tag, text] of [[localized.locale, ''] as const, ...translations]) {
      if (tag.length > LIMITS.locale)
        refuse(field, `must not have a language tag of more than ${LIMITS.locale} characters`)
      checkText(`${field}.translations.${tag}`, text)
    }
  }

  checkId('id', achievement.id)
  for (const [dialect, id] of Object.entries(achievement.ids)) checkId(`ids.${dialect}`, id)
  checkLocalized('name', achievement.name)
  checkLocalized('description', achievement.description)
  if (achievement.lockedDescription) checkLocalized('locked_description', achievement.lockedDescription)
  checkCount('requirements', achievement.requirements, LIMITS.requirements)
  const firsts = new Map<string, number>()
  for (const [index, { id, statCode }] of achievement.requirements.entries()) {
    checkId(`requirements[${index}].id`, id)
    if (statCode !== undefined) checkId(`requirements[${index}].stat_code`, statCode)
    const first = firsts.get(id)
    if (first === undefined) firsts.set(id, index)
    else refuse(`requirements[${index}].id`, `is that of requirements[${first}] too`)
  }
  checkCount('rewards', achievement.rewards, LIMITS.rewards)
  checkCount('media', achievement.media, LIMITS.media)
  for (const [index, { name, url }] of achievement.media.entries()) {
    checkText(`media[${index}].name`, name)
    checkText(`media[${index}].url`, url)
  }
  checkCount('tags', achievement.tags, LIMITS.tags)
  for (const [index, tag] of achievement.tags.entries()) checkId(`tags[${index}]`, tag)
  checkCount('platforms', achievement.platforms, LIMITS.platforms)
  checkCount('title_associations', achievement.titleAssociations, LIMITS.titleAssociations)
  if (!Number.isInteger(achievement.listOrder) || Math.abs(achievement.listOrder) > 2 ** 31 - 1) {
    refuse('list_order', 'must be a 32-bit integer')
  }
  return violations
}
