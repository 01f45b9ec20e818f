import { eachAchievement, sumOfAchievements } from '../../src/dialect/kit/lint-rules.ts'
import type { LintRule } from '../../src/dialect/lint.ts'
import { toDiscordLocale } from './locales.ts'

const MAX_ACHIEVEMENTS = 1000n
const MIN_ID_DIGITS = 17

const ACHIEVEMENTS = 'discord/discord-api-docs: docs/game_sdk/Achievements.md'
/** The documentation does not say that an icon is required; the clients that create achievements do. */
const CREATING_CLIENTS = 'HuyaneMatsu/hata, dolfies/discord.py-self: create_achievement'
const REFERENCE = 'https://discord.com/developers/docs/reference#locales'
const CLIENT = 'https://github.com/discordjs/discord.js: packages/rest'

/** Discord refused errors, and its clients show warnings wrong. It published no limits of texts. */
export const lint: readonly LintRule[] = [
  {
    name: 'achievement-count',
    severity: 'error',
    requirement: 'an application has at most 1000 achievements',
    limit: '1000 achievements',
    source: ACHIEVEMENTS,
    start: sumOfAchievements(
      'achievements',
      () => 1n,
      (count) => count > MAX_ACHIEVEMENTS,
    ),
  },
  {
    name: 'icon-required',
    severity: 'error',
    requirement: 'an achievement is created with an icon, one for both states',
    limit: '1 icon',
    source: CREATING_CLIENTS,
    start: eachAchievement(({ media }) =>
      media.some(({ role }) => role === 'icon') ? [] : [{ path: 'media', value: undefined }],
    ),
  },
  {
    name: 'locale-known',
    severity: 'warning',
    requirement: 'a translation is in a language that Discord has: no client shows another one',
    limit: '',
    source: REFERENCE,
    start: eachAchievement(({ name, description }) =>
      [['name', name] as const, ['description', description] as const].flatMap(([field, { translations }]) =>
        Object.keys(translations)
          .filter((tag) => toDiscordLocale(tag) === undefined)
          .map((tag) => ({ path: `${field}.translations.${tag}`, value: tag })),
      ),
    ),
  },
  {
    name: 'id-digits',
    severity: 'warning',
    requirement:
      'an id has 17 to 19 digits: @discordjs/rest counts the rate limit of a shorter one by itself',
    limit: '17 to 19 digits',
    source: CLIENT,
    start: eachAchievement(({ ids }) => shortIds('ids.discord', ids['discord'])),
  },
  {
    name: 'application-id-digits',
    severity: 'warning',
    requirement:
      'an application id has 17 to 19 digits: @discordjs/rest counts the rate limit of a shorter one by itself',
    limit: '17 to 19 digits',
    source: CLIENT,
    start: ({ bindings }) => ({
      end: () => shortIds('bindings.discord.application_id', bindings['discord']?.['application_id']),
    }),
  },
]

function shortIds(path: string, id: string | undefined) {
  return id === undefined || id.length >= MIN_ID_DIGITS ? [] : [{ path, value: id }]
}
