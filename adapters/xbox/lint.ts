import {
  allTextsIn,
  eachAchievement,
  languagesIn,
  sumOfAchievements,
  textsLongerThan,
} from '../../src/dialect/kit/lint-rules.ts'
import type { LintRule } from '../../src/dialect/lint.ts'
import { scoreOf } from '../../src/model/achievement.ts'
import type { LocalizedText } from '../../src/model/localized-text.ts'
import { isLongerThan } from '../../src/model/text-length.ts'
import type { Binding } from '../../src/model/title.ts'
import { titleIds } from './formats.ts'
import { ids } from './ids.ts'
import { challengeRules } from './lint-challenges.ts'
import { ACHIEVEMENT_PAGE, CONFIG_PAGE, EVENT_BASED_PAGE, POLICIES, VERSUS_PAGE } from './lint-sources.ts'

const MAX_NAME = 44
const MAX_DESCRIPTION = 100
const MAX_REWARD_NAME = 57
const MAX_REWARD_DESCRIPTION = 90
const MAX_GAMERSCORE = 200
const MIN_TOTAL = 1000n
const MAX_TOTAL = 5000n
const MIN_COUNT = 10n
const MAX_COUNT = 500n
const DAY = 864_000_000_000n

const textRules: readonly LintRule[] = [
  {
    name: 'name-length',
    severity: 'error',
    requirement: 'a name has at most 44 characters in each language',
    limit: '44 characters',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ name }) => textsLongerThan(MAX_NAME, 'name', name)),
  },
  {
    name: 'description-length',
    severity: 'error',
    requirement: 'a description has at most 100 characters in each language',
    limit: '100 characters',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ description }) => textsLongerThan(MAX_DESCRIPTION, 'description', description)),
  },
  {
    name: 'locked-description-length',
    severity: 'error',
    requirement: 'a locked description has at most 100 characters in each language',
    limit: '100 characters',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ lockedDescription }) =>
      textsLongerThan(MAX_DESCRIPTION, 'locked_description', lockedDescription),
    ),
  },
  {
    name: 'locked-description-missing',
    severity: 'warning',
    requirement:
      'an achievement has a locked description: without one, players read how they unlocked it before they do',
    limit: '',
    source: ACHIEVEMENT_PAGE,
    start: eachAchievement(({ lockedDescription }) =>
      lockedDescription === undefined ? [{ path: 'locked_description', value: undefined }] : [],
    ),
  },
  {
    name: 'default-locale-missing',
    severity: 'error',
    requirement: 'each text is there in the default language of the title',
    limit: '',
    source: CONFIG_PAGE,
    start: eachAchievement((achievement, { defaultLocale }) =>
      (['name', 'description', 'lockedDescription'] as const).flatMap((field) => {
        const text = achievement[field]
        if (text === undefined || hasLanguage(text, defaultLocale)) return []
        const path = field === 'lockedDescription' ? 'locked_description' : field
        return [{ path: `${path}.translations.${defaultLocale}`, value: undefined }]
      }),
    ),
  },
  {
    name: 'locale-form',
    severity: 'warning',
    requirement: 'a language is a tag with its region, like `en-US`',
    limit: '',
    source: CONFIG_PAGE,
    start: eachAchievement((achievement) =>
      languagesIn(allTextsIn(achievement))
        .filter(({ locale }) => !/^[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|\d{3})$/.test(locale))
        .map(({ path, locale }) => ({
          path: path.endsWith('.text') ? path.replace(/\.text$/, '.locale') : path,
          value: locale,
        })),
    ),
  },
]

const rewardRules: readonly LintRule[] = [
  {
    name: 'gamerscore-range',
    severity: 'error',
    requirement: 'the gamerscore of an achievement is a whole number from 0 to 200',
    limit: '0 to 200',
    source: POLICIES,
    start: eachAchievement(({ rewards }) =>
      rewards.flatMap(({ kind, value }, index) =>
        kind !== 'gamerscore' || (/^\d{1,9}$/.test(value) && Number(value) <= MAX_GAMERSCORE)
          ? []
          : [{ path: `rewards[${index}].value`, value }],
      ),
    ),
  },
  {
    name: 'reward-kind-unique',
    severity: 'error',
    requirement: 'an achievement has at most one reward of each kind',
    limit: '1 of each kind',
    source: 'MicrosoftDocs/xbox-live-docs: live-achievement-rewards.md',
    start: eachAchievement(({ rewards }) =>
      rewards.flatMap(({ kind }, index) =>
        rewards.findIndex((other) => other.kind === kind) < index
          ? [{ path: `rewards[${index}].kind`, value: kind }]
          : [],
      ),
    ),
  },
  {
    name: 'reward-name-length',
    severity: 'error',
    requirement: 'the name of a reward has at most 57 characters',
    limit: '57 characters',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ rewards }) =>
      rewards.flatMap(({ name }, index) => longText(`rewards[${index}].name`, name, MAX_REWARD_NAME)),
    ),
  },
  {
    name: 'reward-description-length',
    severity: 'error',
    requirement: 'the description of a reward has at most 90 characters',
    limit: '90 characters',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ rewards }) =>
      rewards.flatMap(({ description }, index) =>
        longText(`rewards[${index}].description`, description, MAX_REWARD_DESCRIPTION),
      ),
    ),
  },
]

const otherRules: readonly LintRule[] = [
  {
    name: 'icon-required',
    severity: 'error',
    requirement: 'an achievement has an icon of 1920 by 1080 pixels',
    limit: '1920x1080 PNG',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ media }) =>
      media.some(({ role }) => /icon$/.test(role)) ? [] : [{ path: 'media', value: undefined }],
    ),
  },
  {
    name: 'icon-format',
    severity: 'error',
    requirement: 'an icon is a PNG',
    limit: '1920x1080 PNG',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ media }) =>
      media.flatMap(({ role, url }, index) =>
        /icon$/.test(role) && /\.(jpe?g|gif|webp|bmp|svg)$/i.test(url)
          ? [{ path: `media[${index}].url`, value: url }]
          : [],
      ),
    ),
  },
  {
    name: 'deep-link-prefix',
    severity: 'error',
    requirement: 'a deep link begins with `ms-xbl-`, the title id as eight hexadecimal digits, and `://`',
    limit: '',
    source: EVENT_BASED_PAGE,
    start: eachAchievement(({ deepLink }, { bindings }) =>
      !deepLink || deepLinkPrefix(bindings['xbox']).test(deepLink)
        ? []
        : [{ path: 'deep_link', value: deepLink }],
    ),
  },
  {
    name: 'estimated-time-range',
    severity: 'warning',
    requirement:
      'an estimated time is less than a day: clients read a longer one as a time of day, or refuse it',
    limit: 'less than 24 hours',
    source: 'OpenXbox/xbox-webapi-python: the model of an achievement',
    start: eachAchievement(({ estimatedTime }) =>
      estimatedTime === undefined || estimatedTime < DAY
        ? []
        : [{ path: 'estimated_time', value: `${estimatedTime / 10_000_000n}s` }],
    ),
  },
  {
    name: 'management-mixed',
    severity: 'error',
    requirement:
      'a title has title-managed achievements, without requirements, or event-based ones, never both',
    limit: '',
    source: VERSUS_PAGE,
    start() {
      const counts = { titleManaged: 0, eventBased: 0 }
      return {
        add({ requirements }) {
          counts[requirements.length === 0 ? 'titleManaged' : 'eventBased'] += 1
          return []
        },
        end: () =>
          counts.titleManaged === 0 || counts.eventBased === 0
            ? []
            : [
                {
                  path: 'achievements',
                  value: `${counts.titleManaged} without requirements, ${counts.eventBased} with`,
                },
              ],
      }
    },
  },
]

const totalRules: readonly LintRule[] = [
  {
    name: 'achievement-count-minimum',
    severity: 'warning',
    requirement: 'a title has at least 10 achievements when it is launched',
    limit: 'at least 10 achievements',
    source: CONFIG_PAGE,
    start: sumOfAchievements(
      'achievements',
      () => 1n,
      (count) => count < MIN_COUNT,
    ),
  },
  {
    name: 'achievement-count',
    severity: 'error',
    requirement: 'a title has at most 500 achievements, later ones included',
    limit: '500 achievements',
    source: POLICIES,
    start: sumOfAchievements(
      'achievements',
      () => 1n,
      (count) => count > MAX_COUNT,
    ),
  },
  {
    name: 'gamerscore-total-minimum',
    severity: 'warning',
    requirement: 'the achievements of a title have 1000 gamerscore when it is launched',
    limit: 'at least 1000 gamerscore',
    source: CONFIG_PAGE,
    start: sumOfAchievements('rewards', scoreOf, (sum) => sum < MIN_TOTAL),
  },
  {
    name: 'gamerscore-total',
    severity: 'error',
    requirement: 'the achievements of a title have at most 5000 gamerscore, later ones included',
    limit: '5000 gamerscore',
    source: POLICIES,
    start: sumOfAchievements('rewards', scoreOf, (sum) => sum > MAX_TOTAL),
  },
]

/** The rules of Partner Center, and of the certification of a game. */
export const lint: readonly LintRule[] = [
  ...textRules,
  ...rewardRules,
  ...otherRules,
  ...challengeRules,
  ...totalRules,
]

/** A language without a region is there in any of its regions. */
function hasLanguage({ locale, translations }: LocalizedText, language: string): boolean {
  const tags = [locale, ...Object.keys(translations)]
  return tags.some((tag) => `${tag}-`.toLowerCase().startsWith(`${language}-`.toLowerCase()))
}

function longText(path: string, text: string | undefined, limit: number) {
  return text === undefined || !isLongerThan(text, limit) ? [] : [{ path, value: text }]
}

/** Without a title id, any one will do. */
function deepLinkPrefix(binding: Binding | undefined): RegExp {
  const { titleId } = titleIds(binding)
  const isNumber = titleId !== undefined && ids.binding['title_id']?.accepts(titleId)
  const digits = isNumber ? BigInt(titleId).toString(16).padStart(8, '0') : '[0-9a-f]{8}'
  return new RegExp(`^ms-xbl-${digits}://`, 'i')
}
