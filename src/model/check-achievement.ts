import { type Achievement, type MediaAsset, type Reward, rewardValueProblem } from './achievement.ts'
import type { Violation } from './errors.ts'
import { formatJson } from './exact-json.ts'
import { LIMITS } from './limits.ts'
import type { LocalizedText } from './localized-text.ts'
import { isLongerThan } from './text-length.ts'
import type { Extensions } from './title.ts'

/** Returns the violations of a definition from a document. The limits are those of the wire. */
export function checkAchievement(achievement: Achievement): readonly Violation[] {
  const violations: Violation[] = []
  const refuse = (field: string, message: string) => violations.push({ field, message })
  const checkId = (field: string, id: string) => {
    if (id === '' || isLongerThan(id, LIMITS.id)) refuse(field, `must have 1 to ${LIMITS.id} characters`)
    if (/\p{Cc}/u.test(id)) refuse(field, 'must not hold control characters')
  }
  const checkCount = (field: string, list: readonly unknown[], limit: number) => {
    if (list.length > limit) refuse(field, `must have at most ${limit} entries, and has ${list.length}`)
  }
  const checkText = (field: string, text: string | undefined, limit: number = LIMITS.text) => {
    if (text !== undefined && isLongerThan(text, limit))
      refuse(field, `must have at most ${limit} characters`)
  }
  const checkMedia = (field: string, { name, url }: MediaAsset) => {
    checkText(`${field}.name`, name)
    checkText(`${field}.url`, url)
  }
  const checkLocalized = (field: string, localized: LocalizedText) => {
    checkText(`${field}.text`, localized.text)
    const translations = Object.entries(localized.translations)
    checkCount(`${field}.translations`, translations, LIMITS.translations)
    for (const [tag, text] of [[localized.locale, ''] as const, ...translations]) {
      if (isLongerThan(tag, LIMITS.locale))
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
  for (const [index, { value, name, description, media }] of achievement.rewards.entries()) {
    const field = `rewards[${index}]`
    checkText(`${field}.value`, value)
    checkText(`${field}.name`, name)
    checkText(`${field}.description`, description)
    if (media !== undefined) checkMedia(`${field}.media`, media)
  }
  violations.push(...checkRewardValues(achievement.rewards))
  checkCount('media', achievement.media, LIMITS.media)
  for (const [index, asset] of achievement.media.entries()) checkMedia(`media[${index}]`, asset)
  checkCount('tags', achievement.tags, LIMITS.tags)
  for (const [index, tag] of achievement.tags.entries()) checkId(`tags[${index}]`, tag)
  checkCount('platforms', achievement.platforms, LIMITS.platforms)
  for (const [index, platform] of achievement.platforms.entries())
    checkText(`platforms[${index}]`, platform, LIMITS.id)
  checkText('product_id', achievement.productId)
  checkText('deep_link', achievement.deepLink)
  checkCount('title_associations', achievement.titleAssociations, LIMITS.titleAssociations)
  for (const [index, { id, name, version }] of achievement.titleAssociations.entries()) {
    checkText(`title_associations[${index}].id`, id, LIMITS.id)
    checkText(`title_associations[${index}].name`, name)
    checkText(`title_associations[${index}].version`, version)
  }
  violations.push(...checkExtensions('', achievement.extensions, LIMITS.extensionBytes))
  if (!Number.isInteger(achievement.listOrder) || Math.abs(achievement.listOrder) > 2 ** 31 - 1) {
    refuse('list_order', 'must be a 32-bit integer')
  }
  return violations
}

/** Returns the violations of the values of gamerscore rewards. */
export function checkRewardValues(rewards: readonly Reward[]): readonly Violation[] {
  return rewards.flatMap((reward, index) => {
    const message = rewardValueProblem(reward)
    return message === undefined ? [] : [{ field: `rewards[${index}].value`, message }]
  })
}

/** Returns the violations of the members that only one dialect knows, by the size of their JSON text. `base` ends with a dot. */
export function checkExtensions(
  base: string,
  extensions: Extensions,
  maxBytes: number,
): readonly Violation[] {
  return Object.entries(extensions)
    .filter(([, extension]) => Buffer.byteLength(formatJson(extension)) > maxBytes)
    .map(([dialect]) => ({
      field: `${base}extensions.${dialect}`,
      message: `must be at most ${maxBytes} bytes: members that only this dialect has`,
    }))
}
