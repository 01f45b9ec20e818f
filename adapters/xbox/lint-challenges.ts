import { eachAchievement } from '../../src/dialect/kit/lint-rules.ts'
import type { Breach, LintRule } from '../../src/dialect/lint.ts'
import { type Achievement, scoreOf } from '../../src/model/achievement.ts'
import { formatInstant, TICKS_PER_MILLISECOND } from '../../src/model/instant.ts'
import { CHALLENGE_PAGE, VERSUS_PAGE } from './lint-sources.ts'

const MAX_MONTHS = 3

/** The rules of challenges. */
export const challengeRules: readonly LintRule[] = [
  {
    name: 'challenge-window-required',
    severity: 'error',
    requirement: 'a challenge has a time window',
    limit: '1 window',
    source: CHALLENGE_PAGE,
    start: eachChallenge(({ window }) =>
      window === undefined ? [{ path: 'window', value: undefined }] : [],
    ),
  },
  {
    name: 'challenge-window-length',
    severity: 'error',
    requirement: 'a challenge ends within three months of its start',
    limit: '3 months',
    source: CHALLENGE_PAGE,
    start: eachChallenge(({ window }) => {
      if (window === undefined) return []
      const latest = new Date(Number(window.start / TICKS_PER_MILLISECOND))
      latest.setUTCMonth(latest.getUTCMonth() + MAX_MONTHS)
      return Number(window.end / TICKS_PER_MILLISECOND) > latest.getTime()
        ? [{ path: 'window.end_time', value: formatInstant(window.end) }]
        : []
    }),
  },
  {
    name: 'challenge-gamerscore',
    severity: 'error',
    requirement: 'a challenge has no gamerscore',
    limit: '0',
    source: CHALLENGE_PAGE,
    start: eachChallenge((achievement) => {
      const score = scoreOf(achievement)
      return score > 0n ? [{ path: 'rewards', value: Number(score) }] : []
    }),
  },
  {
    name: 'challenge-icon-required',
    severity: 'error',
    requirement: 'a challenge has a promotional icon, an asset of the role `other`, of 424 by 424 pixels',
    limit: '424x424',
    source: CHALLENGE_PAGE,
    start: eachChallenge(({ media }) =>
      media.some(({ role }) => role === 'other') ? [] : [{ path: 'media', value: undefined }],
    ),
  },
  {
    name: 'challenge-requirements',
    severity: 'error',
    requirement: 'a challenge is event-based: it has a requirement',
    limit: 'at least 1 requirement',
    source: VERSUS_PAGE,
    start: eachChallenge(({ requirements }) =>
      requirements.length === 0 ? [{ path: 'requirements', value: 0 }] : [],
    ),
  },
]

function eachChallenge(check: (achievement: Achievement) => readonly Breach[]): LintRule['start'] {
  return eachAchievement((achievement) => (achievement.kind === 'challenge' ? check(achievement) : []))
}
