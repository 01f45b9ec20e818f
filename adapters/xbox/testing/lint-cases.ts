import type { Achievement, Reward } from '../../../src/model/achievement.ts'
import { parseInstant } from '../../../src/model/instant.ts'
import type { LintedDefinitions, LintFixtures } from '../../../test/support/dialect-fixtures.ts'
import { achievementOf, gamerscore, requirementOf } from '../../../test/support/records.ts'

const title = { id: 't', defaultLocale: 'en-US', bindings: { xbox: { title_id: '2134675875' } } }
const icon = { role: 'icon', name: 'icon', url: 'https://images.example/icon.png' } as const
const promotion = { role: 'other', name: 'promotion', url: '' } as const
const reward: Reward = {
  kind: 'in_app',
  value: 'hat',
  name: undefined,
  description: undefined,
  media: undefined,
}

const textOf = (text: string, language = 'de-DE') => ({
  locale: 'en-US',
  text: 'x',
  translations: { [language]: text },
})

function achievement(parts: Partial<Achievement> = {}): Achievement {
  const short = textOf('x'.repeat(44))
  const long = textOf('x'.repeat(100))
  const texts = { name: short, description: long, lockedDescription: long }
  return achievementOf({ ...texts, media: [icon], rewards: gamerscore(100), ...parts })
}

/** As many achievements, the first of them with other parts. */
function titleOf(count: number, all: Partial<Achievement> = {}, first: Partial<Achievement> = {}) {
  const achievements = Array.from({ length: count }, (_, index) =>
    achievement({ id: String(index + 1), ...all, ...(index === 0 ? first : {}) }),
  )
  return { title, achievements }
}

const withFirst = (first: Partial<Achievement>): LintedDefinitions => titleOf(10, {}, first)

function windowOf(start: string, end: string) {
  return { start: parseInstant(start) as bigint, end: parseInstant(end) as bigint }
}

const CHALLENGE = {
  kind: 'challenge',
  window: windowOf('2026-01-01T00:00:00Z', '2026-04-01T00:00:00Z'),
  rewards: [],
  media: [icon, promotion],
} as const satisfies Partial<Achievement>

/** An event-based title with 1000 gamerscore beside a challenge. */
function withChallenge(parts: Partial<Achievement> = {}): LintedDefinitions {
  return titleOf(11, { requirements: [requirementOf()] }, { ...CHALLENGE, ...parts })
}

export const lintCases: LintFixtures = {
  clean: [
    { title, achievements: [] },
    withFirst({ deepLink: 'ms-xbl-7f3c91a3://achievement', estimatedTime: 863_999_999_999n }),
    withFirst({ rewards: [...gamerscore(200), reward, { ...reward, kind: 'art' }] }),
    withFirst({ media: [{ ...icon, role: 'unlocked_icon' }] }),
    { ...withFirst({}), title: { ...title, defaultLocale: 'en' } },
    withChallenge(),
    titleOf(500, { rewards: gamerscore(10) }),
  ],
  broken: {
    'name-length': withFirst({ name: textOf('x'.repeat(45)) }),
    'description-length': withFirst({ description: textOf('x'.repeat(101)) }),
    'locked-description-length': withFirst({ lockedDescription: textOf('x'.repeat(101)) }),
    'locked-description-missing': withFirst({ lockedDescription: undefined }),
    'default-locale-missing': withFirst({ name: { locale: 'de-DE', text: 'x', translations: {} } }),
    'locale-form': withFirst({ name: textOf('x', 'fi') }),
    'gamerscore-range': withFirst({ rewards: gamerscore(201) }),
    'reward-kind-unique': withFirst({ rewards: [...gamerscore(100), reward, reward] }),
    'reward-name-length': withFirst({ rewards: [...gamerscore(100), { ...reward, name: 'x'.repeat(58) }] }),
    'reward-description-length': withFirst({
      rewards: [...gamerscore(100), { ...reward, description: 'x'.repeat(91) }],
    }),
    'icon-required': withFirst({ media: [promotion] }),
    'icon-format': withFirst({ media: [{ ...icon, url: 'https://images.example/icon.JPG' }] }),
    'deep-link-prefix': withFirst({ deepLink: 'ms-xbl-00000001://achievement' }),
    'estimated-time-range': withFirst({ estimatedTime: 864_000_000_000n }),
    'management-mixed': withFirst({ requirements: [requirementOf()] }),
    'challenge-window-required': withChallenge({ window: undefined }),
    'challenge-window-length': withChallenge({
      window: windowOf('2026-01-01T00:00:00Z', '2026-04-01T00:00:01Z'),
    }),
    'challenge-gamerscore': withChallenge({ rewards: gamerscore(10) }),
    'challenge-icon-required': withChallenge({ media: [icon] }),
    'challenge-requirements': titleOf(11, {}, CHALLENGE),
    'achievement-count-minimum': titleOf(9, { rewards: gamerscore(112) }),
    'achievement-count': titleOf(501, { rewards: gamerscore(2) }),
    'gamerscore-total-minimum': titleOf(10, { rewards: gamerscore(99) }),
    'gamerscore-total': titleOf(26, { rewards: gamerscore(200) }),
  },
}
