import type { LossRules } from '../../src/dialect/kit/measure-losses.ts'
import type { Path } from '../../src/dialect/losses.ts'
import { formatInstant } from '../../src/model/instant.ts'
import { formatTimeSpan } from './formats.ts'

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^achievement$/, 'this form of entry carries no definition'],
  [/^summary$/, 'this form of entry carries no totals'],
  [/^progress$/, 'an entry always states a progress: that of one player, or none'],
  [/^achievement id$/, 'xbox knows an achievement by its number alone'],
  [/ translations /, 'an entry is in one language'],
  [/ locale$/, 'all texts of an entry are in one language'],
  [/^achievement titleAssociations$/, 'xbox shows an achievement under one title at least'],
  [/^achievement participation$/, 'xbox has no goal of all players: it is earned by a group there'],
  [/^achievement lockedDescription$/, 'the same text as the description'],
  [/ media (.* )?role$/, 'xbox has one icon, which serves both states'],
  [/ account$/, 'the request names the player, the entry does not'],
  [/^progress percent$/, 'xbox computes it from the requirements, and 100 means achieved'],
  [/^progress values /, 'only requirements of the achievement have a value'],
  [
    /^progress unlockTime$/,
    'only an unlocked achievement has an unlock time; year 1 means that there is none',
  ],
]

const DEFAULT_REASONS = {
  dropped: 'xbox has no place for it',
  defaulted: 'xbox requires it',
  coerced: 'the nearest that xbox can say',
  merged: 'xbox has one place for both',
} as const

const INSTANTS: ReadonlySet<unknown> = new Set([
  ...['unlockTime', 'lastUnlockTime', 'createTime', 'updateTime', 'start', 'end'],
])

/** Extensions are reported where they are put back. */
export const LOSS_RULES: LossRules = {
  dialect: 'xbox',
  reasonFor(path: Path, kind) {
    const text = path.join(' ')
    return REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? DEFAULT_REASONS[kind]
  },
  writeInteger(value, field) {
    if (INSTANTS.has(field)) return formatInstant(value)
    return field === 'estimatedTime' ? formatTimeSpan(value) : value
  },
}
