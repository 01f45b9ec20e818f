import {
  eachAchievement,
  languagesIn,
  textsIn,
  uniqueAmongAchievements,
} from '../../src/dialect/kit/lint-rules.ts'
import type { LintRule } from '../../src/dialect/lint.ts'
import type { Achievement, MediaRole } from '../../src/model/achievement.ts'
import { isLongerThan } from '../../src/model/text-length.ts'
import { MAX_TAGS } from './decode.ts'
import { goalIn } from './encode.ts'

const MAX_CODE_LENGTH = 32
const MAX_TAG_LENGTH = 30
const TAG = /^[a-zA-Z0-9]+([_:-][a-zA-Z0-9]+)*$/
const STAT_CODE = /^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$/
const LANGUAGE = /^[a-z]{2}(-[A-Z]{2})?$/

const SPEC = 'AccelByte/accelbyte-go-sdk: spec/achievement.json'
const GUIDE = 'AccelByte guide: Create a New Achievement Configuration'
const SDK_TESTS = 'AccelByte/accelbyte-go-sdk: commit 815d03e91'
const PORTAL_TAG = 'AccelByte/accelbyte-typescript-sdk: packages/validator, validateTag.ts'
const UNREAL = 'AccelByte/accelbyte-unreal-sdk-plugin'

const codeRules: readonly LintRule[] = [
  {
    name: 'code-length',
    severity: 'error',
    requirement: 'an achievement code has at most 32 characters',
    limit: '32 characters',
    source: SPEC,
    start: eachAchievement(({ id }) => when(isLongerThan(id, MAX_CODE_LENGTH), 'achievement_id', id)),
  },
  {
    name: 'code-case',
    severity: 'warning',
    requirement: 'an achievement code is in lower case, although the service accepts others',
    limit: '',
    source: SPEC,
    start: eachAchievement(({ id }) => when(id !== id.toLowerCase(), 'achievement_id', id)),
  },
  {
    name: 'code-unique',
    severity: 'warning',
    requirement: 'achievement codes differ by more than their case: the Unreal plugin ignores it',
    limit: '',
    source: UNREAL,
    start: uniqueAmongAchievements(
      'achievement_id',
      ({ id }) => id,
      (id) => id.toLowerCase(),
    ),
  },
]

const goalRules: readonly LintRule[] = [
  {
    name: 'stat-code-required',
    severity: 'error',
    requirement: 'an incremental achievement names the stat that its goal counts',
    limit: '1 stat code',
    source: GUIDE,
    start: eachAchievement((achievement) => {
      const goal = goalIn(achievement)
      return when(goal !== undefined && !goal.statCode, 'requirements[0].stat_code', undefined)
    }),
  },
  {
    name: 'stat-code-length',
    severity: 'error',
    requirement: 'a stat code has at most 32 characters',
    limit: '32 characters',
    source: SPEC,
    start: eachAchievement((achievement) =>
      statCodesIn(achievement).filter(({ value }) => isLongerThan(value, MAX_CODE_LENGTH)),
    ),
  },
  {
    name: 'stat-code-characters',
    severity: 'error',
    requirement: 'a stat code has letters, digits, and single hyphens between them',
    limit: '',
    source: SDK_TESTS,
    start: eachAchievement((achievement) =>
      statCodesIn(achievement).filter(({ value }) => !STAT_CODE.test(value)),
    ),
  },
  {
    name: 'stat-code-case',
    severity: 'warning',
    requirement: 'a stat code is in lower case, although the service accepts others',
    limit: '',
    source: SPEC,
    start: eachAchievement((achievement) =>
      statCodesIn(achievement).filter(({ value }) => value !== value.toLowerCase()),
    ),
  },
]

const tagRules: readonly LintRule[] = [
  {
    name: 'tag-count',
    severity: 'error',
    requirement: 'an achievement has at most five tags',
    limit: `${MAX_TAGS} tags`,
    source: GUIDE,
    start: eachAchievement(({ tags }) => when(tags.length > MAX_TAGS, 'tags', tags.length)),
  },
  {
    name: 'tag-length',
    severity: 'warning',
    requirement: 'a tag has at most 30 characters in the Admin Portal',
    limit: '30 characters',
    source: PORTAL_TAG,
    start: eachAchievement((achievement) =>
      tagsIn(achievement).filter(({ value }) => isLongerThan(value, MAX_TAG_LENGTH)),
    ),
  },
  {
    name: 'tag-characters',
    severity: 'warning',
    requirement: 'a tag has letters and digits, with single hyphens, underscores or colons between them',
    limit: '',
    source: PORTAL_TAG,
    start: eachAchievement((achievement) => tagsIn(achievement).filter(({ value }) => !TAG.test(value))),
  },
]

const textRules: readonly LintRule[] = [
  {
    name: 'language-form',
    severity: 'warning',
    requirement: 'the default language is a tag like `en` or `en-US`',
    limit: '',
    source: SPEC,
    start: eachAchievement(({ name }) => when(!LANGUAGE.test(name.locale), 'name.locale', name.locale)),
  },
  {
    name: 'translation-missing',
    severity: 'warning',
    requirement:
      'name and description are in the same languages: a player of a missing one reads the default language',
    limit: '',
    source: SPEC,
    start: eachAchievement((achievement) => {
      const texts = (['name', 'description'] as const).map(
        (field) => [field, textsIn(field, achievement[field])] as const,
      )
      const languages = languagesIn(texts.flatMap(([, all]) => all))
      return texts.flatMap(([field, all]) => {
        const own = new Set(all.map(({ locale }) => locale))
        return languages
          .filter(({ locale }) => !own.has(locale))
          .map(({ locale }) => ({ path: `${field}.translations.${locale}`, value: undefined }))
      })
    }),
  },
]

const iconRules: readonly LintRule[] = [
  {
    name: 'locked-icon-missing',
    severity: 'warning',
    requirement: 'the form of the Admin Portal asks for an icon of the locked achievement',
    limit: '1 icon',
    source: GUIDE,
    start: eachAchievement((achievement) => withoutIcon(achievement, 'locked_icon')),
  },
  {
    name: 'unlocked-icon-missing',
    severity: 'warning',
    requirement: 'the form of the Admin Portal asks for an icon of the unlocked achievement',
    limit: '1 icon',
    source: GUIDE,
    start: eachAchievement((achievement) => withoutIcon(achievement, 'unlocked_icon')),
  },
]

/** AccelByte refuses errors, and accepts warnings although it documents or shows them otherwise. It published no limits of texts. */
export const lint: readonly LintRule[] = [...codeRules, ...goalRules, ...tagRules, ...textRules, ...iconRules]

function when(isBreach: boolean, path: string, value: string | number | undefined) {
  return isBreach ? [{ path, value }] : []
}

/** The stat code of a goal: that of other requirements is not written. */
function statCodesIn(achievement: Achievement) {
  const statCode = goalIn(achievement)?.statCode
  return statCode ? [{ path: 'requirements[0].stat_code', value: statCode }] : []
}

function tagsIn({ tags }: Achievement) {
  return tags.map((value, index) => ({ path: `tags[${index}]`, value }))
}

/** An icon for both states serves either. */
function withoutIcon({ media }: Achievement, role: MediaRole) {
  const hasIcon = media.some((asset) => asset.role === role || asset.role === 'icon')
  return when(!hasIcon, 'media', undefined)
}
